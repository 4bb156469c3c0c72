"""The Gemini REST format: reading requests, writing replies. Accepts camelCase and snake_case."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.sandbox import tokens
from core.sandbox.faults import without_marks
from core.sandbox.text.answer import Function, Prompt
from core.sandbox.text.reading import Message


class BadRequest(ValueError):
    """The request is one that the Gemini API answers with 400."""


def get(data: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """A field under its camelCase name or its snake_case one."""
    if name in data:
        return data[name]
    return data.get(re.sub(r"(?<=[a-z])([A-Z])", lambda m: f"_{m[1].lower()}", name), default)


@dataclass(frozen=True, slots=True)
class Settings:
    """The generation settings the engine honours."""

    temperature: float = 0.0
    seed: int | None = None
    max_output_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    include_thoughts: bool = False
    thinking_tokens: int = 0
    mime_type: str = "text/plain"


THINKING = {"MINIMAL": 16, "LOW": 64, "MEDIUM": 160, "HIGH": 320}


def settings(body: Mapping[str, Any], *, thinks: bool, generation: int) -> Settings:
    """Read `generationConfig`. BadRequest for what the model refuses."""
    config: Mapping[str, Any] = get(body, "generationConfig") or {}
    _refuse(config, thinks, generation)
    if int(get(config, "candidateCount") or 1) > 1:
        raise BadRequest("Multiple candidates is not enabled for this model")
    temperature = get(config, "temperature")
    if temperature is not None and not 0 <= float(temperature) <= 2:
        raise BadRequest("temperature must be in the range [0.0, 2.0]")
    thinking: Mapping[str, Any] = get(config, "thinkingConfig") or {}
    budget, level = get(thinking, "thinkingBudget"), get(thinking, "thinkingLevel")
    if budget is not None and level is not None:
        raise BadRequest("You can only set only one of thinking budget and thinking level.")
    planned = THINKING.get(str(level or "LOW").upper(), 64)
    seed = get(config, "seed")
    return Settings(
        temperature=float(temperature or 0.0),
        seed=int(seed) if seed is not None else None,
        max_output_tokens=int(m) if (m := get(config, "maxOutputTokens")) else None,
        stop_sequences=tuple(get(config, "stopSequences") or ()),
        include_thoughts=bool(get(thinking, "includeThoughts")),
        thinking_tokens=max(0, planned) if thinks else 0,
        mime_type=get(config, "responseMimeType") or "text/plain",
    )


def _refuse(config: Mapping[str, Any], thinks: bool, generation: int) -> None:
    """BadRequest for parameters that a model of this generation does not take."""
    thinking: Mapping[str, Any] = get(config, "thinkingConfig") or {}
    if get(thinking, "thinkingLevel") is not None and not thinks:
        raise BadRequest("Thinking level is not supported for this model.")
    if generation < 2:
        return
    if get(thinking, "thinkingBudget") is not None:
        raise BadRequest("Thinking budget is not supported for this model. Use the level.")
    for name in ("presencePenalty", "frequencyPenalty"):
        if get(config, name) is not None:
            raise BadRequest("Penalty is not enabled for this model")


def prompt(body: Mapping[str, Any], *, generation: int) -> Prompt:
    """Read everything the answer depends on. BadRequest when it is not a Gemini request.

    The first generation goes on from a prefilled model turn; here that means answering what was
    asked before it.
    """
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        raise BadRequest("contents is not specified")
    messages, media, results = [], [], []
    for content in contents:
        texts = []
        for part in content.get("parts") or ():
            if isinstance(part.get("text"), str) and not part.get("thought"):
                texts.append(without_marks(part["text"]))
            inline = get(part, "inlineData")
            if inline:
                media.append(describe(inline))
            result = get(part, "functionResponse")
            if result:
                results.append({result.get("name", "function"): result.get("response")})
        messages.append(Message(content.get("role") or "user", "\n".join(texts)))
    if messages[-1].role == "model":
        if generation > 1 or len(messages) == 1:
            raise BadRequest("Please ensure that the last content has the role user.")
        messages.pop()
    config: Mapping[str, Any] = get(body, "generationConfig") or {}
    schema = get(config, "responseJsonSchema") or get(config, "responseSchema")
    tool_config = get(get(body, "toolConfig") or {}, "functionCallingConfig") or {}
    return Prompt(
        system=without_marks(text_of(get(body, "systemInstruction"))),
        messages=messages,
        schema=schema,
        functions=tuple(_functions(body)),
        function_mode=str(tool_config.get("mode") or "AUTO").upper(),
        function_results=results,
        media=media,
    )


def text_of(content: Any) -> str:
    """The text of a content, or of a bare string."""
    if isinstance(content, str):
        return content
    parts = (content or {}).get("parts") or ()
    parts = [parts] if isinstance(parts, Mapping) else parts
    return "\n".join(part.get("text") or "" for part in parts)


def _functions(body: Mapping[str, Any]) -> Iterator[Function]:
    for tool in body.get("tools") or ():
        for one in get(tool, "functionDeclarations") or ():
            parameters = get(one, "parametersJsonSchema") or one.get("parameters") or {}
            yield Function(one.get("name", "function"), one.get("description") or "", parameters)


def uses_search(body: Mapping[str, Any]) -> bool:
    """Whether Google Search grounding is asked for."""
    return any(get(tool, "googleSearch") is not None for tool in body.get("tools") or ())


def decoded(inline: Mapping[str, Any]) -> bytes:
    """The bytes of a file. The SDK writes the URL-safe alphabet, curl the other; both are read."""
    text = str(inline.get("data") or "")
    return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=False)


def describe(inline: Mapping[str, Any]) -> str:
    """Type, size and dimensions of a file. BadRequest when its bytes are not of its type."""
    mime = str(get(inline, "mimeType") or "")
    try:
        data = decoded(inline)
    except binascii.Error as error:
        raise BadRequest("Invalid base64 in inlineData") from error
    if mime == "application/pdf":
        if not data.startswith(b"%PDF"):
            raise BadRequest("The document has no pages.")
        return f"{mime}, {len(data)} bytes, {pages(data)} page(s)"
    size = dimensions(data)
    if size is None:
        raise BadRequest("Unable to process input image. Please retry or report.")
    return f"{mime}, {len(data)} bytes, {size[0]} × {size[1]} px"


def pages(data: bytes) -> int:
    """Pages of a PDF, by its page objects."""
    return max(1, len(re.findall(rb"/Type\s*/Page(?![s\w])", data)))


def dimensions(data: bytes) -> tuple[int, int] | None:
    """Width and height from the header of a PNG, GIF, JPEG or WebP; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    if data[:4] == b"GIF8" and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return int(width), int(height)
    if data[:2] == b"\xff\xd8":
        found = re.search(
            rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]..\x08(....)", data, re.DOTALL
        )
        if found:
            height, width = struct.unpack(">HH", found[1])
            return int(width), int(height)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        if data[12:16] == b"VP8X":
            return (int.from_bytes(data[24:27], "little") + 1,
                    int.from_bytes(data[27:30], "little") + 1)  # fmt: skip
        return (struct.unpack("<H", data[26:28])[0] & 0x3FFF,
                struct.unpack("<H", data[28:30])[0] & 0x3FFF)  # fmt: skip
    return None


def count(body: Mapping[str, Any]) -> int:
    """Input tokens of a request."""
    inner = get(body, "generateContentRequest") or body
    total = tokens.count(text_of(get(inner, "systemInstruction")))
    for content in inner.get("contents") or ():
        for part in content.get("parts") or ():
            total += tokens.count(str(part.get("text") or ""))
            inline = get(part, "inlineData")
            if inline:
                data = decoded(inline)
                is_pdf = get(inline, "mimeType") == "application/pdf"
                total += tokens.IMAGE_TOKENS * (pages(data) if is_pdf else 1)
    for tool in inner.get("tools") or ():
        total += tokens.count(str(get(tool, "functionDeclarations") or ""))
    return total
