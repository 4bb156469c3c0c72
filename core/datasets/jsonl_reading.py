"""JSON Lines: an object per line."""

from __future__ import annotations

import json
from typing import Any

from core.datasets.encodings import lines
from core.datasets.table import Collector
from core.errors import InvalidInput

LONGEST_LINE = 2 * 2**20
"""Characters of a line that are parsed; more could fill the memory with empty lists."""


def read_jsonl(text: str, into: Collector) -> None:
    """The rows; lines that are no object are noted and left out."""
    for number, line in enumerate(lines(text), 1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            raise InvalidInput(
                "Row {row} has {count} characters; at most {most} are allowed in a line.",
                row=number,
                count=len(line),
                most=LONGEST_LINE,
            )
        try:
            # NaN is what pandas writes for a cell without a value.
            value = json.loads(line, parse_constant=lambda _: None)
        except (ValueError, RecursionError) as error:
            into.note(InvalidInput(
                "Row {row} is not JSON ({problem}); it was left out.",
                row=number, problem=str(error)[:100],
            ))  # fmt: skip
            continue
        if isinstance(value, dict):
            into.fields(number, texts_of(value))
        else:
            into.note(InvalidInput(
                "Row {row} is not a JSON object; it was left out.", row=number
            ))  # fmt: skip


def texts_of(value: dict[str, Any]) -> dict[str, str]:
    """Every member as a text; null is absent."""
    return {name: text_of(cell) for name, cell in value.items() if cell is not None}


def text_of(cell: Any) -> str:
    """A text as it is, anything else as JSON."""
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False, default=str)
