"""A request as a shell command. The key is read from the environment."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Callable, Mapping

from core.prompts.attached_files import file_names, file_note
from core.prompts.wire import request_body
from core.records.models import Connection
from core.records.prompts import Media
from core.records.runs import Request

GEMINI_URL = "https://generativelanguage.googleapis.com"


def curl(request: Request, connection: Connection, read: Callable[[str], bytes]) -> str:
    """A shell command. The body goes in by here-documents, files between them."""
    names = file_names(request)
    # Found again right after `"data": "`: quotes in a text are escaped, so no text looks so.
    marks = {f"<file {sha256}>": name for sha256, name in names.items()}

    def encode(media: Media) -> str:
        if media.sha256 in names:
            return f"<file {media.sha256}>"
        return base64.b64encode(read(media.sha256)).decode("ascii")

    body = json.dumps(request_body(request, encode), ensure_ascii=False, indent=2)
    address, headers = _curl_target(request, connection)
    send = "\\\n  ".join(
        [f'curl -sS "{address}" ', *(f'-H "{header}" ' for header in headers), "--data-binary @-"]
    )
    if not marks:
        return f"{send} <<'JSON'\n{body}\nJSON\n"
    # Raw line ends mean nothing in this JSON, so tr may take them out around the file's data.
    note = "\n".join(file_note(names))
    return f"{note}\n{{\n{_documents(body, marks)}}} | tr -d '\\n' | {send}\n"


def _documents(body: str, marks: Mapping[str, str]) -> str:
    commands: list[str] = []
    pattern = "|".join(re.escape(mark) for mark in marks)
    for piece in re.split(f'(?<="data": ")({pattern})(?=")', body):
        if piece in marks:
            commands.append(f"base64 < {shlex.quote('./' + marks[piece])}\n")
        else:
            commands.append(f"cat <<'JSON'\n{piece}\nJSON\n")
    return "".join(commands)


def _curl_target(request: Request, connection: Connection) -> tuple[str, list[str]]:
    headers = ["Content-Type: application/json"]
    model = _shell(request.model)
    if connection.surface == "platform":
        project = f"${{GOOGLE_CLOUD_PROJECT:-{_shell(connection.project or '')}}}"
        location = connection.location or "global"
        base = _shell(connection.base_url or platform_url(location))
        path = (
            f"/v1beta1/projects/{project}/locations/{_shell(location)}"
            f"/publishers/google/models/{model}"
        )
        headers.append("Authorization: Bearer $(gcloud auth print-access-token)")
        return f"${{GOOGLE_VERTEX_BASE_URL:-{base}}}{path}:generateContent", headers
    base = _shell((connection.base_url or GEMINI_URL).rstrip("/"))
    default_key = ":-sandbox" if connection.surface == "sandbox" else ""
    headers.append(f"x-goog-api-key: ${{GOOGLE_API_KEY:-${{GEMINI_API_KEY{default_key}}}}}")
    address = f"${{GOOGLE_GEMINI_BASE_URL:-{base}}}/v1beta/models/{model}:generateContent"
    return address, headers


def _shell(text: str) -> str:
    """A text inside double quotes."""
    return re.sub(r'([\\$`"])', r"\\\1", text)


def platform_url(location: str) -> str:
    """The address of Agent Platform for a location."""
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in ("us", "eu"):
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"
