"""A rendered `Request` as the SDK takes it. Nothing is sent that was not chosen."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from core.records.prompts import Parameters, Part
from core.records.runs import Request

if TYPE_CHECKING:
    from google.genai import types

Blobs = Callable[[str], bytes]


def contents(request: Request, blobs: Blobs) -> list[types.ContentUnionDict]:
    """The turns. NotFound when an attached file is not in the store."""
    from google.genai import types

    return [
        types.Content(role=turn.role, parts=[_part(part, blobs) for part in turn.parts])
        for turn in request.turns
    ]


def _part(part: Part, blobs: Blobs) -> types.Part:
    from google.genai import types

    if part.media is None:
        return types.Part(text=part.text)
    data = blobs(part.media.sha256)
    return types.Part(inline_data=types.Blob(data=data, mime_type=part.media.mime_type))


def config(request: Request) -> types.GenerateContentConfig:
    """Everything beside the turns."""
    return _config(
        request.system,
        request.parameters,
        request.functions,
        request.google_search,
        request.response_schema,
    )


@lru_cache(maxsize=64)
def _config(
    system: str, parameters: Parameters, functions: str, google_search: bool, schema: str
) -> types.GenerateContentConfig:
    # Cached: a job sends thousands of requests with one configuration, and building it costs
    # more than anything else here.
    from google.genai import types

    thinking = types.ThinkingConfig(
        include_thoughts=parameters.include_thoughts or None,
        thinking_budget=parameters.thinking_budget,
        thinking_level=types.ThinkingLevel(parameters.thinking_level.upper())
        if parameters.thinking_level
        else None,
    )
    return types.GenerateContentConfig(
        system_instruction=system or None,
        temperature=parameters.temperature,
        top_p=parameters.top_p,
        top_k=parameters.top_k,
        max_output_tokens=parameters.max_output_tokens,
        stop_sequences=list(parameters.stop_sequences) or None,
        seed=parameters.seed,
        presence_penalty=parameters.presence_penalty,
        frequency_penalty=parameters.frequency_penalty,
        candidate_count=parameters.candidate_count,
        thinking_config=thinking if thinking.model_dump(exclude_none=True) else None,
        response_mime_type="application/json" if schema.strip() else None,
        response_json_schema=json.loads(schema) if schema.strip() else None,
        tools=_tools(functions, google_search),
        # The SDK would otherwise make further calls that nobody counts.
        automatic_continuation=False,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )


def _tools(functions: str, google_search: bool) -> types.ToolListUnion | None:
    from google.genai import types

    tools: types.ToolListUnion = []
    if functions.strip():
        tools.append(
            types.Tool(
                function_declarations=[
                    types.FunctionDeclaration(
                        name=one["name"],
                        description=one.get("description"),
                        parameters_json_schema=one.get("parameters")
                        or one.get("parametersJsonSchema"),
                    )
                    for one in json.loads(functions)
                ]
            )
        )
    if google_search:
        tools.append(types.Tool(google_search=types.GoogleSearch()))
    return tools or None


def size_in_bytes(request: Request) -> int:
    """Upper bound of what goes over the wire, without headers."""
    text = sum(
        len(part.text.encode("utf-8", "replace")) for turn in request.turns for part in turn.parts
    )
    beside = f"{request.system}{request.functions}{request.response_schema}"
    return text + len(beside.encode("utf-8", "replace"))


def most_input_tokens(request: Request) -> int:
    """More tokens than the request can have: a token has a byte at least, a file has its cap.

    Gemini counts 258 tokens per image tile and per PDF page; 1,000 pages are its limit.
    """
    files = sum(
        258_000 if part.media.mime_type == "application/pdf" else 258 * 64
        for turn in request.turns
        for part in turn.parts
        if part.media is not None
    )
    return size_in_bytes(request) + files + 64 * (len(request.turns) + 1)
