"""The SDK's prompt format: a dataset resource of Agent Platform with the prompt as metadata.

As agentplatform 2.7 reads and writes it. It has no names for value sets and no versions: a file
is one version, memos become the note (at most 2 KB there), value sets become executions.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidInput
from core.prompts.json_text import function_declarations, response_schema
from core.prompts.template import variables_of
from core.prompts.wire import declaration, set_parameters
from core.records.models import ModelRef
from core.records.prompts import (
    Media,
    Parameters,
    Part,
    PromptSpec,
    Role,
    Turn,
    ValueSet,
    parameters_from,
)

SCHEMA_URI = "gs://google-cloud-aiplatform/schema/dataset/metadata/text_prompt_1.0.0.yaml"
PROMPT_TYPE = "multimodal_freeform"
MAX_NOTE_BYTES = 2_000

_THINKING = ("include_thoughts", "thinking_budget", "thinking_level")
_GENERATION = tuple(name for name in Parameters.__slots__ if name not in _THINKING)


@dataclass(frozen=True, slots=True)
class SdkPrompt:
    """What a file in this format holds. `ignored` are its fields that have no place here."""

    name: str
    spec: PromptSpec
    memo: str = ""
    ignored: tuple[str, ...] = ()


def is_sdk_prompt(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a prompt in this format."""
    metadata = value.get("metadata")
    return isinstance(metadata, dict) and isinstance(_get(metadata, "prompt_api_schema"), dict)


# -- writing --


def prompt_to_sdk(
    name: str, spec: PromptSpec, read: Callable[[Media], bytes], *, memo: str = ""
) -> dict[str, Any]:
    """The dataset resource of a spec."""
    model = ModelRef.parse(spec.model, "gemini").model
    message: dict[str, Any] = {
        "model": model,
        "contents": [
            {"role": turn.role, "parts": [_part_to_sdk(part, read) for part in turn.parts]}
            for turn in spec.turns
        ],
    }
    if spec.system:
        message["system_instruction"] = {"parts": [{"text": spec.system}]}
    if config := _generation_config(spec):
        message["generation_config"] = config
    if tools := _tools(spec):
        message["tools"] = tools
    schema: dict[str, Any] = {
        "api_schema_version": "1.0.0",
        "multimodal_prompt": {"prompt_message": message},
    }
    if spec.value_sets:
        schema["executions"] = [{"arguments": _arguments(item)} for item in spec.value_sets]
    metadata: dict[str, Any] = {
        "prompt_type": PROMPT_TYPE,
        "has_prompt_variable": bool(variables_of(spec)),
        "prompt_api_schema": schema,
    }
    if memo:
        metadata["note"] = _cut_bytes(memo, MAX_NOTE_BYTES)
    return {
        "displayName": name,
        "modelReference": model,
        "metadataSchemaUri": SCHEMA_URI,
        "metadata": metadata,
    }


def _part_to_sdk(part: Part, read: Callable[[Media], bytes]) -> dict[str, Any]:
    if part.media is None:
        return {"text": part.text}
    data = base64.b64encode(read(part.media)).decode("ascii")
    inline = {"mime_type": part.media.mime_type, "data": data}
    return {"inline_data": inline | ({"display_name": part.media.name} if part.media.name else {})}


def _generation_config(spec: PromptSpec) -> dict[str, Any]:
    config = set_parameters(spec.parameters, {name: name for name in _GENERATION})
    if thinking := set_parameters(spec.parameters, {name: name for name in _THINKING}):
        config["thinking_config"] = thinking
    schema = response_schema(spec.response_schema)
    if schema is not None:
        config |= {"response_mime_type": "application/json", "response_json_schema": schema}
    return config


def _tools(spec: PromptSpec) -> list[dict[str, Any]]:
    declared = [
        declaration(one, "parameters_json_schema") for one in function_declarations(spec.functions)
    ]
    tools: list[dict[str, Any]] = [{"function_declarations": declared}] if declared else []
    return [*tools, {"google_search": {}}] if spec.google_search else tools


def _arguments(item: ValueSet) -> dict[str, Any]:
    return {name: {"part_list": {"parts": [{"text": v}]}} for name, v in item.values.items()}


def _cut_bytes(text: str, limit: int) -> str:
    return text.encode("utf-8")[:limit].decode("utf-8", "ignore")


# -- reading --


def prompt_from_sdk(value: dict[str, Any], upload: Callable[[bytes, str], Media]) -> SdkPrompt:
    """The prompt in a dataset resource, in snake_case or camelCase. InvalidInput when malformed."""
    metadata = value["metadata"]
    schema = _object(metadata, "prompt_api_schema", "metadata")
    message = _object(_object(schema, "multimodal_prompt"), "prompt_message")
    config = _object(message, "generation_config")
    functions, google_search, other_tools = _tools_from(message)
    spec = PromptSpec(
        system="\n".join(_texts(_object(message, "system_instruction"))),
        turns=tuple(_turns_from(message, upload)),
        parameters=_parameters_from(config),
        functions=functions,
        google_search=google_search,
        response_schema=_schema_from(config),
        value_sets=tuple(_value_sets(schema)),
        model=_model_from(str(_get(message, "model") or _get(value, "model_reference") or "")),
    )
    name = _get(value, "display_name")
    note = _get(metadata, "note")
    return SdkPrompt(
        name=name if isinstance(name, str) and name.strip() else "Imported prompt",
        spec=spec,
        memo=note if isinstance(note, str) else "",
        ignored=(*other_tools, *_ignored(message, config)),
    )


def _get(value: Mapping[str, Any], name: str) -> Any:
    """A field by its snake_case name, or else its camelCase one."""
    camel = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    return value.get(name, value.get(camel))


def _object(value: Mapping[str, Any], name: str, place: str = "") -> dict[str, Any]:
    found = _get(value, name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _malformed(f"{place}.{name}" if place else name)
    return found


def _list(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = _get(value, name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise _malformed(name)
    return found


def _malformed(place: str) -> InvalidInput:
    return InvalidInput(
        "The file is not a prompt of the SDK: {place} has the wrong form.", place=place
    )


def _texts(content: Mapping[str, Any]) -> list[str]:
    return [text for part in _list(content, "parts") if isinstance(text := part.get("text"), str)]


def _turns_from(
    message: Mapping[str, Any], upload: Callable[[bytes, str], Media]
) -> Iterator[Turn]:
    contents = _list(message, "contents")
    if not contents:
        raise _malformed("contents")
    for content in contents:
        role: Role = "model" if content.get("role") == "model" else "user"
        yield Turn(role, tuple(_part_from(part, upload) for part in _list(content, "parts")))


def _part_from(part: Mapping[str, Any], upload: Callable[[bytes, str], Media]) -> Part:
    inline = _object(part, "inline_data")
    if inline:
        name = _get(inline, "display_name")
        return Part(media=upload(_decoded(inline), name if isinstance(name, str) else ""))
    text = part.get("text")
    if not isinstance(text, str):
        raise InvalidInput(
            "The prompt has a part that is neither text nor an attached file ({kinds}). "
            "Take it out of the file and import it again.",
            kinds=", ".join(sorted(part)) or "empty",
        )
    return Part(text)


def _decoded(inline: Mapping[str, Any]) -> bytes:
    try:
        # The SDK writes the URL-safe alphabet, others the standard one.
        text = str(inline.get("data")).replace("-", "+").replace("_", "/")
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise _malformed("inline_data.data") from error


def _parameters_from(config: Mapping[str, Any]) -> Parameters:
    thinking = _object(config, "thinking_config")
    found = {name: _get(config, name) for name in _GENERATION}
    found |= {name: _get(thinking, name) for name in _THINKING}
    for name, value in found.items():
        found[name] = _checked_parameter(name, value)
    return parameters_from({key: value for key, value in found.items() if value is not None})


_WHOLE = ("top_k", "max_output_tokens", "seed", "thinking_budget")


def _checked_parameter(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "stop_sequences":
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
    elif name == "thinking_level":
        fits = isinstance(value, str)
    elif name == "include_thoughts":
        fits = isinstance(value, bool)
    else:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if fits:
            return int(value) if name in _WHOLE else float(value)
    if not fits:
        raise _malformed(f"generation_config.{name}")
    return value


def _schema_from(config: Mapping[str, Any]) -> str:
    found = _get(config, "response_json_schema")
    if found is None:
        found = _lower_types(_get(config, "response_schema"))
    return "" if found is None else json.dumps(found, ensure_ascii=False, indent=2)


def _lower_types(schema: Any) -> Any:
    """OpenAPI types as the SDK writes them (`STRING`) become those of JSON Schema."""
    if isinstance(schema, list):
        return [_lower_types(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value.lower() if key == "type" and isinstance(value, str) else _lower_types(value)
        for key, value in schema.items()
    }


def _tools_from(message: Mapping[str, Any]) -> tuple[str, bool, list[str]]:
    declared: list[Any] = []
    google_search = False
    other: list[str] = []
    for tool in _list(message, "tools"):
        declared += [_declaration(one) for one in _list(tool, "function_declarations")]
        google_search = google_search or _get(tool, "google_search") is not None
        known = ("function_declarations", "functionDeclarations", "google_search", "googleSearch")
        other += [f"tools.{name}" for name in tool if name not in known]
    functions = json.dumps(declared, ensure_ascii=False, indent=2) if declared else ""
    return functions, google_search, other


def _declaration(one: Mapping[str, Any]) -> dict[str, Any]:
    schema = _get(one, "parameters_json_schema") or _lower_types(one.get("parameters"))
    declared = {key: one.get(key) for key in ("name", "description")} | {"parameters": schema}
    return {key: value for key, value in declared.items() if value is not None}


def _value_sets(schema: Mapping[str, Any]) -> Iterator[ValueSet]:
    for number, execution in enumerate(_list(schema, "executions"), 1):
        values = {
            name: "\n".join(_texts(_object(value, "part_list")))
            for name, value in _object(execution, "arguments").items()
            if isinstance(value, dict)
        }
        yield ValueSet(str(number), values)


def _model_from(text: str) -> str:
    """`publishers/google/models/M` and `models/M` are M; the surface stays open."""
    return text.rpartition("/")[2]


def _ignored(message: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    known = {
        "model", "contents", "system_instruction", "generation_config", "tools",
        "systemInstruction", "generationConfig",
    }  # fmt: skip
    yield from (name for name in message if name not in known)
    taken = {*_GENERATION, "thinking_config", "response_json_schema", "response_schema"}
    for name in config:
        snake = re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)
        if snake not in taken and snake != "response_mime_type":
            yield f"generation_config.{name}"
