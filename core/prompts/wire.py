"""A request as the JSON body of the Gemini REST protocol."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from core.prompts.json_text import function_declarations, response_schema
from core.records.prompts import Media, Parameters, Part
from core.records.runs import Request

# How an attached file goes into the body: its data in base64, or a placeholder.
Encode = Callable[[Media], str]

_GENERATION_NAMES = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "max_output_tokens": "maxOutputTokens",
    "stop_sequences": "stopSequences",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "candidate_count": "candidateCount",
}
_THINKING_NAMES = {
    "thinking_level": "thinkingLevel",
    "thinking_budget": "thinkingBudget",
    "include_thoughts": "includeThoughts",
}


def base64_of(read: Callable[[str], bytes]) -> Encode:
    """Encode files in full; `read` finds their bytes by SHA-256."""
    return lambda media: base64.b64encode(read(media.sha256)).decode("ascii")


def request_body(request: Request, encode: Encode) -> dict[str, Any]:
    """The body of generateContent; what is not set is left out."""
    body: dict[str, Any] = {
        "contents": [
            {"role": turn.role, "parts": [_part(part, encode) for part in turn.parts]}
            for turn in request.turns
        ]
    }
    if request.system:
        body["systemInstruction"] = {"parts": [{"text": request.system}]}
    if tools := _tools(request):
        body["tools"] = tools
    if config := _generation_config(request):
        body["generationConfig"] = config
    return body


def _part(part: Part, encode: Encode) -> dict[str, Any]:
    if part.media is None:
        return {"text": part.text}
    return {"inlineData": {"mimeType": part.media.mime_type, "data": encode(part.media)}}


def _tools(request: Request) -> list[dict[str, Any]]:
    declared = [
        declaration(one, "parametersJsonSchema") for one in function_declarations(request.functions)
    ]
    tools: list[dict[str, Any]] = [{"functionDeclarations": declared}] if declared else []
    return [*tools, {"googleSearch": {}}] if request.google_search else tools


def declaration(one: Mapping[str, Any], schema_name: str) -> dict[str, Any]:
    """A function as it is sent: its parameters are a JSON Schema, under the name for that."""
    schema = one.get("parameters") or one.get("parametersJsonSchema")
    sent = {"name": one["name"], "description": one.get("description"), schema_name: schema}
    return {key: value for key, value in sent.items() if value is not None}


def _generation_config(request: Request) -> dict[str, Any]:
    config = set_parameters(request.parameters, _GENERATION_NAMES)
    schema = response_schema(request.response_schema)
    if schema is not None:
        config |= {"responseMimeType": "application/json", "responseJsonSchema": schema}
    if thinking := set_parameters(request.parameters, _THINKING_NAMES):
        config["thinkingConfig"] = thinking
    return config


def set_parameters(parameters: Parameters, names: dict[str, str]) -> dict[str, Any]:
    """The parameters that are set, under other names."""
    values = {wire: getattr(parameters, name) for name, wire in names.items()}
    return {
        wire: _sent(name, values[wire]) for name, wire in names.items() if _is_set(values[wire])
    }


def _sent(name: str, value: Any) -> Any:
    if name == "thinking_level":
        return value.upper()
    return list(value) if isinstance(value, tuple) else value


def _is_set(value: object) -> bool:
    return value is not None and value is not False and value != ()
