"""Data as readable Python literals."""

from __future__ import annotations

import json
import re
from typing import Any

# What a triple-quoted literal would change, hide or end at.
_NEEDS_ESCAPES = re.compile(
    r'\\|"""|"\Z|[^\S\n ]'
    r"|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def literal(value: Any, indent: int = 8) -> str:
    """JSON data as a Python literal: on one line when it is short."""
    one_line = _one_line(value)
    if len(one_line) <= 70 or not isinstance(value, dict | list) or not value:
        return one_line
    inner = " " * (indent + 4)
    if isinstance(value, dict):
        rows = [f"{quoted(key)}: {literal(item, indent + 4)}" for key, item in value.items()]
        begin, end = "{", "}"
    else:
        rows = [literal(item, indent + 4) for item in value]
        begin, end = "[", "]"
    lines = "".join(f"{inner}{row},\n" for row in rows)
    return f"{begin}\n{lines}{' ' * indent}{end}"


def _one_line(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)}: {_one_line(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_one_line(item) for item in value) + "]"
    return repr(value)


def quoted(text: str) -> str:
    """A literal on one line, in double quotes unless it has what only `repr` makes visible."""
    plain = text.replace("\n", "").isprintable()
    return json.dumps(text, ensure_ascii=False) if plain else repr(text)


def text_literal(text: str) -> str:
    """A Python literal of a text: with real line ends where that is readable and exact."""
    block = f'"""{text}"""'
    if "\n" in text and not _NEEDS_ESCAPES.search(text):
        return block
    return quoted(text)
