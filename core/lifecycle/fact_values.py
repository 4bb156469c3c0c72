"""What the value of a fact may be, in a file and as a person types it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from core.errors import InvalidInput
from core.records.catalogue import LIMIT_FACTS, LIST_FACTS, PREFILL, RULE, STATUSES
from core.records.prompts import Parameters

DAYS = ("released", "ends_on", "ends_not_before", "new_access_ends")
TEXTS = ("title", "stage", "replacement", "reroutes_to", "note")
RULES = tuple(f"{RULE}{name}" for name in (*(field.name for field in fields(Parameters)), PREFILL))
FACTS = (*DAYS, *TEXTS, "price", *LIMIT_FACTS, *LIST_FACTS, *RULES)
"""Everything that can be said of a model."""
MOST_TOKENS = 1_000_000_000
PRICE_PARTS = {"input", "output", "cached_input", "assumed"}


def check_value(fact: str, value: Any, line: int) -> None:
    """InvalidInput when a file says on a line what cannot be."""
    if fact in DAYS and not _is_day(value):
        raise InvalidInput("Line {line}: value is {value}, which is no day like 2026-12-24.",
                           line=line, value=value)  # fmt: skip
    if fact == "price" and not _is_price(value):
        raise InvalidInput("Line {line}: a price needs input and output in dollars per million "
                           "tokens, and may have cached_input.", line=line)  # fmt: skip
    if fact in LIMIT_FACTS and not _is_count(value):
        raise InvalidInput("Line {line}: value is {value}, which is no number of tokens.",
                           line=line, value=value)  # fmt: skip
    if fact in LIST_FACTS and not (isinstance(value, list) and all(map(_is_text, value))):
        raise InvalidInput("Line {line}: {fact} needs a list of texts.", line=line, fact=fact)
    if fact in RULES and value not in STATUSES:
        raise InvalidInput("Line {line}: {name} is {value}; it must be one of {allowed}.",
                           line=line, name=fact, value=value,
                           allowed=", ".join(STATUSES))  # fmt: skip
    if fact in TEXTS and not _is_text(value):
        raise InvalidInput("Line {line}: {fact} needs a text.", line=line, fact=fact)


def typed(fact: str, text: str) -> Any:
    """What a person typed, as the catalogue keeps it. InvalidInput says how it is written."""
    text = text.strip()
    if fact in DAYS:
        if not _is_day(text):
            raise InvalidInput("{text} is no day. Write it like 2026-12-24.", text=text)
        return text
    if fact == "price":
        return _typed_price(text)
    if fact in LIMIT_FACTS:
        plain = text.replace(",", "").replace("_", "")
        if not plain.isascii() or not plain.isdigit() or not _is_count(int(plain)):
            raise InvalidInput("{text} is no number of tokens. Write it like 65536.", text=text)
        return int(plain)
    if fact in RULES and text not in STATUSES:
        raise InvalidInput("{text} says nothing of a parameter. Write one of {allowed}.",
                           text=text, allowed=", ".join(STATUSES))  # fmt: skip
    if not text:
        raise InvalidInput("The value is empty. Fill it in.")
    if fact in LIST_FACTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _typed_price(text: str) -> dict[str, float]:
    """Dollars per million tokens, as in `0.75 / 3.75` or `0.75 / 3.75 / 0.075`."""
    try:
        numbers = [float(part) for part in text.split("/")]
    except ValueError:
        numbers = []
    if len(numbers) not in (2, 3) or not all(0 <= one < 10_000 for one in numbers):
        raise InvalidInput(
            "{text} is no price. Write dollars per million tokens as input / output, or input / "
            "output / cached input, like 0.75 / 3.75 / 0.075.",
            text=text,
        )
    return dict(zip(("input", "output", "cached_input"), numbers, strict=False))


def _is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value).isoformat() == value)
    except (TypeError, ValueError):
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_TOKENS


def _is_price(value: Any) -> bool:
    if not isinstance(value, Mapping) or set(value) - PRICE_PARTS:
        return False
    amounts = {key: one for key, one in value.items() if key != "assumed" and one is not None}
    return {"input", "output"} <= amounts.keys() and all(
        isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one < 10_000
        for one in amounts.values()
    )
