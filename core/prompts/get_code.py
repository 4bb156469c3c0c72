"""The code that sends a request: Python for google-genai, curl, and the JSON body.

Each runs as printed. Keys are read from the environment and never printed. Files of 32 KB and
more are read from the current directory, under the name that the code shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.prompts.attached_files import file_names
from core.prompts.curl_code import curl
from core.prompts.python_code import python
from core.prompts.wire import base64_of, request_body
from core.records.models import Connection
from core.records.runs import Request

ReadBlob = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Code:
    """The three forms. `files` are the names to save attached files under, by SHA-256."""

    python: str
    curl: str
    json: str
    files: Mapping[str, str]


def get_code(request: Request, connection: Connection, read: ReadBlob) -> Code:
    """All three forms for a rendered request."""
    return Code(
        python=python(request, connection, read),
        curl=curl(request, connection, read),
        json=json_body(request, read),
        files=file_names(request),
    )


def json_body(request: Request, read: ReadBlob) -> str:
    """The body of the REST call, files included in full."""
    return json.dumps(request_body(request, base64_of(read)), ensure_ascii=False, indent=2)
