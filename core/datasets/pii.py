"""Personal data in texts, with the kinds that Japanese texts have: found and masked by pattern.

Full-width digits and hyphens count like the others. A pattern finds what looks like it; whether
it is somebody's number nobody can tell, so the report says "looks like".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from core.records.datasets import Case

PiiKind = Literal["email", "card", "my_number", "phone", "postcode"]
PII_KINDS: tuple[PiiKind, ...] = ("email", "card", "my_number", "phone", "postcode")

_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | str.maketrans(
    "‐‑–−ー\u3000", "----- "
)
_PATTERNS: Mapping[PiiKind, re.Pattern[str]] = {
    "email": re.compile(
        r"(?<![\w.+-])[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@(?:[a-z0-9-]+\.)+[a-z]{2,}", re.ASCII | re.I
    ),
    "card": re.compile(r"(?<![\d-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\d-])", re.ASCII),
    "my_number": re.compile(r"(?<![\d-])\d{4}([ -]?)\d{4}\1\d{4}(?![\d-])", re.ASCII),
    "phone": re.compile(
        r"(?<![\d-])(?:\+81[ -]?(?:\(0\))?[1-9]|0[1-9])"
        r"(?:\d{8,9}|\d{0,4}[ -]\d{1,4}[ -]\d{3,4}|\d{0,3}\(\d{1,4}\)\d{3,4})(?![\d-])",
        re.ASCII,
    ),
    "postcode": re.compile(r"〒 ?\d{3}-?\d{4}(?!\d)|(?<![\d-])\d{3}-\d{4}(?![\d-])", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something stands that looks like personal data."""

    kind: PiiKind
    start: int
    end: int


def find(text: str, kinds: Collection[PiiKind] = PII_KINDS) -> list[Hit]:
    """Every hit, in order; they do not overlap."""
    if not _worth_looking(text):
        return []
    narrow = text.translate(_NARROW)
    hits: list[Hit] = []
    for kind in PII_KINDS:
        if kind not in kinds:
            continue
        for match in _PATTERNS[kind].finditer(narrow):
            free = all(match.end() <= hit.start or match.start() >= hit.end for hit in hits)
            if free and _checked(kind, re.sub(r"\D", "", match[0])):
                hits.append(Hit(kind, match.start(), match.end()))
    return sorted(hits, key=lambda hit: hit.start)


_DIGIT_OR_AT = re.compile(r"[\d@＠]")


def _worth_looking(text: str) -> bool:
    return _DIGIT_OR_AT.search(text) is not None


def _checked(kind: PiiKind, digits: str) -> bool:
    if kind == "card":
        return is_card(digits)
    if kind == "my_number":
        return is_my_number(digits)
    if kind == "phone":
        national = digits.removeprefix("81") if digits.startswith("81") else digits[1:]
        return len(national.removeprefix("0")) in (9, 10)
    return True


def is_card(digits: str) -> bool:
    """Luhn's check digit, as on every payment card."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and total % 10 == 0


def is_my_number(digits: str) -> bool:
    """The check digit that Japan's individual numbers have: weights 2 to 7, then 2 to 6."""
    if len(digits) != 12 or len(set(digits)) == 1:
        return False
    body = [int(digit) for digit in reversed(digits[:11])]
    total = sum(
        digit * (place + 1 if place <= 6 else place - 5) for place, digit in enumerate(body, 1)
    )
    rest = total % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def masked(text: str, kinds: Collection[PiiKind] = PII_KINDS) -> str:
    """The text with each hit replaced by its kind in brackets."""
    pieces, last = [], 0
    for hit in find(text, kinds):
        pieces += [text[last : hit.start], f"[{hit.kind.upper()}]"]
        last = hit.end
    return "".join([*pieces, text[last:]])


def mask_case(case: Case, kinds: Collection[PiiKind] = PII_KINDS) -> Case:
    """The case with every field masked. Its id is kept: choose ids that name nobody."""
    fields = {name: masked(text, kinds) for name, text in case.fields.items()}
    return Case(case.id, fields, case.split)
