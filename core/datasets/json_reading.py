"""A JSON array of objects, one element after another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from core.datasets.jsonl_reading import texts_of
from core.datasets.raw_row import RawRow
from core.errors import InvalidInput

_SPACE = re.compile(r"\s*")


def json_rows(text: str) -> Iterator[RawRow]:
    """Each object as a row. InvalidInput that names the first element which is none."""
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    place = _skip(text, _skip(text, 0) + 1)
    number = 0
    while text[place : place + 1] != "]":
        number += 1
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(
                "Row {row} is not JSON ({problem}). Correct it, or save one object per line.",
                row=number,
                problem=str(error)[:100],
            ) from error
        if not isinstance(value, dict):
            raise InvalidInput(
                "Row {row} is not a JSON object. The file must be a list of objects.", row=number
            )
        yield RawRow(number, texts_of(value))
        place = _skip(text, place)
        if text[place : place + 1] == ",":
            place = _skip(text, place + 1)
        elif text[place : place + 1] != "]":
            raise InvalidInput(
                "Row {row} is not followed by a comma or the end of the list. Correct the file, or "
                "save one object per line.",
                row=number,
            )


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place
