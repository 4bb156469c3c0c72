"""A request as a Python script for google-genai. The key is read from the environment."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from core.prompts.attached_files import attached, file_names, file_note
from core.prompts.json_text import function_declarations, response_schema
from core.prompts.python_literals import literal, quoted, text_literal
from core.prompts.wire import declaration, set_parameters
from core.records.models import Connection
from core.records.prompts import Parameters, Part, Turn
from core.records.runs import Request

_THINKING_NAMES = {name: name for name in ("thinking_level", "thinking_budget", "include_thoughts")}
_PARAMETER_NAMES = {name: name for name in Parameters.__slots__ if name not in _THINKING_NAMES}
ReadBlob = Callable[[str], bytes]


def python(request: Request, connection: Connection, read: ReadBlob) -> str:
    """A script for google-genai that prints the answer."""
    names = file_names(request)
    config = _config_lines(request)
    imports = ["from google import genai", "from google.genai import types"]
    client = _client_lines(connection)
    standard = [
        *(["import base64"] if any(m.sha256 not in names for m in attached(request)) else []),
        *(["import os"] if any("os.environ" in line for line in client) else []),
        *(["from pathlib import Path"] if names else []),
    ]
    lines = [
        *file_note(names),
        *standard,
        *([""] if standard else []),
        *imports,
        "",
        *client,
        "",
        "response = client.models.generate_content(",
        f"    model={quoted(request.model)},",
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
        project, location = quoted(connection.project or ""), connection.location or "global"
        return [
            "# Credentials: gcloud auth application-default login",
            "client = genai.Client(",
            "    vertexai=True,",
            f'    project=os.environ.get("GOOGLE_CLOUD_PROJECT", {project}),',
            f"    location={quoted(location)},",
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
            f'            "GOOGLE_GEMINI_BASE_URL", {quoted(connection.base_url or "")}',
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
        data = f"Path({quoted(names[media.sha256])}).read_bytes()"
    else:
        encoded = base64.b64encode(read(media.sha256)).decode("ascii")
        data = f'base64.b64decode("{encoded}")'
    return f'types.Part.from_bytes(data={data}, mime_type="{media.mime_type}")'


def _config_lines(request: Request) -> list[str]:
    settings = set_parameters(request.parameters, _PARAMETER_NAMES)
    code = {name: literal(value) for name, value in settings.items()}
    if request.system:
        code = {"system_instruction": text_literal(request.system)} | code
    if thinking := set_parameters(request.parameters, _THINKING_NAMES):
        arguments = ", ".join(f"{name}={literal(value)}" for name, value in thinking.items())
        code["thinking_config"] = f"types.ThinkingConfig({arguments})"
    schema = response_schema(request.response_schema)
    if schema is not None:
        code["response_mime_type"] = quoted("application/json")
        code["response_json_schema"] = literal(schema)
    if tools := _tools(request):
        code["tools"] = literal(tools)
    if not code:
        return []
    return [
        "    config=types.GenerateContentConfig(",
        *(f"        {name}={value}," for name, value in code.items()),
        "    ),",
    ]


def _tools(request: Request) -> list[dict[str, Any]]:
    declared = [
        declaration(one, "parameters_json_schema")
        for one in function_declarations(request.functions)
    ]
    tools: list[dict[str, Any]] = [{"function_declarations": declared}] if declared else []
    return [*tools, {"google_search": {}}] if request.google_search else tools


def _print_lines(request: Request) -> list[str]:
    if not request.functions:
        return ["print(response.text)"]
    return [
        "for call in response.function_calls or []:",
        "    print(call.name, call.args)",
        "if not response.function_calls:",
        "    print(response.text)",
    ]
