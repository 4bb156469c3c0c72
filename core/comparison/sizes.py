"""How large a comparison may be, and its texts."""

from __future__ import annotations

from core.errors import InvalidInput
from core.prompts.characters import check_text
from core.records.comparisons import MOST_INPUTS, MOST_REPEATS

MOST_CELLS = 12_000
MOST_TITLE = 200
MOST_MEMO = 20_000


def check_size(candidates: int, inputs: int, repeats: int) -> None:
    """InvalidInput when the grid would be empty or too large."""
    if not 1 <= inputs <= MOST_INPUTS:
        raise InvalidInput(
            "A comparison has 1 to {most} rows, not {rows}.", most=MOST_INPUTS, rows=inputs
        )
    if not 1 <= repeats <= MOST_REPEATS:
        raise InvalidInput(
            "Each cell can be asked 1 to {most} times, not {times}.",
            most=MOST_REPEATS,
            times=repeats,
        )
    if candidates * inputs * repeats > MOST_CELLS:
        raise InvalidInput(
            "That would be {cells} answers; the limit is {most}. Take fewer rows or repeats.",
            cells=candidates * inputs * repeats,
            most=MOST_CELLS,
        )


def checked_title(title: str) -> str:
    """The title with single spaces; it may be empty."""
    title = " ".join(title.split())
    check_length(title, MOST_TITLE)
    return title


def check_length(text: str, most: int) -> None:
    """InvalidInput when a text is too long or has unusable characters."""
    check_text(text)
    if len(text) > most:
        raise InvalidInput(
            "The text has {length} characters; the limit is {limit}. Shorten it.",
            length=len(text),
            limit=most,
        )
