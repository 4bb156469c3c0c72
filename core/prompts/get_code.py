"""The code that sends a request: Python for google-genai, curl, and the JSON body.

Each runs as printed. Keys are read from the environment and never printed. Files of 32 KB and
more are read from the current directory, under the name that the code shows.
"""

from __future__ import annotations

import base64
import json
import pprint
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.prompts.json_text import function_declarations, response_schema
from core.prompts.wire import base64_of, declaration, request_body, set_parameters
from core.records.models import Connection
from core.records.prompts import Media, Parameters, Part, Turn
from core.records.runs import Request

INLINE_BELOW = 32_000
GEMINI_URL = "https://generativelanguage.googleapis.com"

_THINKING_NAMES = {name: name for name in ("thinking_level", "thinking_budget", "include_thoughts")}
_PARAMETER_NAMES = {name: name for name in Parameters.__slots__ if name not in _THINKING_NAMES}
_EXTENSIONS = {"image/jpeg": "jpg", "application/pdf": "pdf"}
# What a triple-quoted literal would change, hide or end at.
_NEEDS_ESCAPES = re.compile(
    r'\\|"""|"\Z|[^\S\n ]'
    r"|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
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
    return _pretty(request_body(request, base64_of(read)))


def file_names(request: Request) -> dict[str, str]:
    """A distinct and harmless name for each file that the code reads, by SHA-256."""
    names: dict[str, str] = {}
    for media in _media(request):
        if media.size < INLINE_BELOW or media.sha256 in names:
            continue
        stem = re.sub(r"[^\w.-]", "_", media.name).lstrip(".-") or "file"
        if not re.search(r"\.\w{1,5}$", stem):
            kind = media.mime_type.partition("/")[2]
            stem = f"{stem}.{_EXTENSIONS.get(media.mime_type, kind)}"
        if stem in names.values():
            stem = f"{media.sha256[:8]}-{stem}"
        names[media.sha256] = stem
    return names


def _media(request: Request) -> list[Media]:
    return [part.media for turn in request.turns for part in turn.parts if part.media]


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


# -- curl --


def curl(request: Request, connection: Connection, read: ReadBlob) -> str:
    """A shell command. The body goes in by here-documents, files between them."""
    names = file_names(request)
    # Found again right after `"data": "`: quotes in a text are escaped, so no text looks so.
    marks = {f"<file {sha256}>": name for sha256, name in names.items()}

    def encode(media: Media) -> str:
        if media.sha256 in names:
            return f"<file {media.sha256}>"
        return base64.b64encode(read(media.sha256)).decode("ascii")

    body = _pretty(request_body(request, encode))
    address, headers = _curl_target(request, connection)
    send = "\\\n  ".join(
        [f'curl -sS "{address}" ', *(f'-H "{header}" ' for header in headers), "--data-binary @-"]
    )
    if not marks:
        return f"{send} <<'JSON'\n{body}\nJSON\n"
    # Raw line ends mean nothing in this JSON, so tr may take them out around the file's data.
    return f"{{\n{_documents(body, marks)}}} | tr -d '\\n' | {send}\n"


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


# -- Python --


def python(request: Request, connection: Connection, read: ReadBlob) -> str:
    """A script for google-genai that prints the answer."""
    names = file_names(request)
    config = _config_lines(request)
    imports = ["from google import genai", "from google.genai import types"]
    client = _client_lines(connection)
    standard = [
        *(["import base64"] if any(m.sha256 not in names for m in _media(request)) else []),
        *(["import os"] if any("os.environ" in line for line in client) else []),
        *(["from pathlib import Path"] if names else []),
    ]
    lines = [
        *standard,
        *([""] if standard else []),
        *imports,
        "",
        *client,
        "",
        "response = client.models.generate_content(",
        f"    model={request.model!r},",
        "    contents=[",
        *(line for turn in request.turns for line in _turn_lines(turn, names, read)),
        "    ],",
        *config,
        ")",
        *_print_lines(request),
    ]
    return "\n".join(lines) + "\n"


def _client_lines(connection: Connection) -> list[str]:
    if connection.surface == "platform":
        location = connection.location or "global"
        return [
            "# Credentials: gcloud auth application-default login",
            "client = genai.Client(",
            "    vertexai=True,",
            f'    project=os.environ.get("GOOGLE_CLOUD_PROJECT", {connection.project or ""!r}),',
            f"    location={location!r},",
            ")",
        ]
    if connection.surface == "sandbox":
        return [
            "# Simulated models: the address is that of the running workbench, or of",
            "# `python -m core sandbox`.",
            "client = genai.Client(",
            "    vertexai=False,",
            '    api_key=os.environ.get("GEMINI_API_KEY", "sandbox"),',
            "    http_options=types.HttpOptions(",
            "        base_url=os.environ.get(",
            f'            "GOOGLE_GEMINI_BASE_URL", {connection.base_url or ""!r}',
            "        )",
            "    ),",
            ")",
        ]
    return [
        "# The key is read from GOOGLE_API_KEY or GEMINI_API_KEY.",
        "client = genai.Client(vertexai=False)",
    ]


def _turn_lines(turn: Turn, names: Mapping[str, str], read: ReadBlob) -> list[str]:
    return [
        "        types.Content(",
        f'            role="{turn.role}",',
        "            parts=[",
        *(f"                {_part_code(part, names, read)}," for part in turn.parts),
        "            ],",
        "        ),",
    ]


def _part_code(part: Part, names: Mapping[str, str], read: ReadBlob) -> str:
    media = part.media
    if media is None:
        return f"types.Part.from_text(text={text_literal(part.text)})"
    if media.sha256 in names:
        data = f"Path({names[media.sha256]!r}).read_bytes()"
    else:
        encoded = base64.b64encode(read(media.sha256)).decode("ascii")
        data = f'base64.b64decode("{encoded}")'
    return f'types.Part.from_bytes(data={data}, mime_type="{media.mime_type}")'


def _config_lines(request: Request) -> list[str]:
    settings = set_parameters(request.parameters, _PARAMETER_NAMES)
    code = {name: repr(value) for name, value in settings.items()}
    if request.system:
        code = {"system_instruction": text_literal(request.system)} | code
    if thinking := set_parameters(request.parameters, _THINKING_NAMES):
        arguments = ", ".join(f"{name}={value!r}" for name, value in thinking.items())
        code["thinking_config"] = f"types.ThinkingConfig({arguments})"
    schema = response_schema(request.response_schema)
    if schema is not None:
        code["response_mime_type"] = repr("application/json")
        code["response_json_schema"] = _literal(schema)
    if tools := _tool_code(request):
        code["tools"] = f"[{', '.join(tools)}]"
    if not code:
        return []
    return [
        "    config=types.GenerateContentConfig(",
        *(f"        {name}={value}," for name, value in code.items()),
        "    ),",
    ]


def _tool_code(request: Request) -> list[str]:
    declared = [
        declaration(one, "parameters_json_schema")
        for one in function_declarations(request.functions)
    ]
    tools = [f'{{"function_declarations": {_literal(declared)}}}'] if declared else []
    return [*tools, '{"google_search": {}}'] if request.google_search else tools


def _print_lines(request: Request) -> list[str]:
    if not request.functions:
        return ["print(response.text)"]
    return [
        "for call in response.function_calls or []:",
        "    print(call.name, call.args)",
        "if not response.function_calls:",
        "    print(response.text)",
    ]


def _literal(value: Any) -> str:
    """JSON data as a Python literal, indented to stand inside the call."""
    return pprint.pformat(value, width=88, sort_dicts=False).replace("\n", "\n            ")


def text_literal(text: str) -> str:
    """A Python literal of a text: with real line ends where that is readable and exact."""
    literal = f'"""{text}"""'
    if "\n" in text and not _NEEDS_ESCAPES.search(text):
        return literal
    return repr(text)
