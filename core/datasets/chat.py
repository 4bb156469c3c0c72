"""Rows that hold a whole conversation: Gemini requests and OpenAI messages, unfolded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

CONVERSATION_COLUMNS = ("request", "contents", "messages")
"""Columns whose JSON is unfolded into `prompt`, `reference`, `instruction` and the history."""


def unfold(text: str) -> dict[str, str]:
    """The fields that a conversation fills; nothing when the text is none.

    The last user turn is the prompt, a model turn after it the reference, everything before the
    history, the system instruction the instruction.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    turns, instruction = _turns(value)
    asked = [place for place, (role, _) in enumerate(turns) if role == "user"]
    if not asked:
        return {}
    last = asked[-1]
    fields = {"prompt": turns[last][1]}
    if len(turns) > last + 1:
        fields["reference"] = turns[-1][1]
    if last:
        history = [{"role": role, "parts": [{"text": said}]} for role, said in turns[:last]]
        fields["conversation_history"] = json.dumps(history, ensure_ascii=False)
    if instruction:
        fields["instruction"] = instruction
    return fields


def answer_of(text: str) -> str:
    """The text of a stored Gemini or OpenAI response; anything else stays as it is."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    for candidate in _list(_get(value, "candidates")):
        return _text(_get(candidate, "content"))
    for choice in _list(_get(value, "choices")):
        return _text(_get(choice, "message"))
    return text


def _turns(value: Any) -> tuple[list[tuple[str, str]], str]:
    """Role and text of each turn, and the system instruction."""
    system = _get(value, "systemInstruction") or _get(value, "system_instruction")
    instruction = [_text(system)] if system else []
    messages = value if isinstance(value, list) else None
    for name in ("contents", "messages"):
        messages = messages or _get(value, name)
    turns: list[tuple[str, str]] = []
    for message in [messages] if isinstance(messages, str) else _list(messages):
        if not isinstance(message, str | Mapping):
            continue
        role = _get(message, "role") or "user"
        if role in ("system", "developer"):
            instruction.append(_text(message))
        else:
            turns.append(("model" if role in ("model", "assistant") else "user", _text(message)))
    return turns, "\n".join(instruction)


def _text(content: Any) -> str:
    """The texts of a Gemini content or an OpenAI message, joined."""
    if isinstance(content, str):
        return content
    inner = _get(content, "parts") or _get(content, "content") or _get(content, "text") or ""
    if isinstance(inner, str):
        return inner
    return "\n".join(part for part in map(_part, _list(inner)) if part)


def _part(part: Any) -> str:
    text = part if isinstance(part, str) else _get(part, "text")
    return text if isinstance(text, str) else ""


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else []
