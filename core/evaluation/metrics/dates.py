"""Dates in a text, and whether those of the expected answer are in the answer.

2026-11-25, 2026/11/25, 11/25/2026, 2026年11月25日, 令和8年11月25日, R8.11.25, 二〇二六年十一月,
11月25日, 25 November 2026 and Nov. 25 are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import NamedTuple

from core.evaluation.metrics.metric import (
    REFERENCE_OPTION,
    Definition,
    Language,
    Metric,
    Option,
    OptionValues,
    against_reference,
)
from core.evaluation.metrics.numbers import KANJI_DIGITS, MEASURE_OPTION, agreement, value_of
from core.evaluation.metrics.text import nfkc
from core.records.datasets import REFERENCE
from core.records.messages import N_
from core.records.metrics import Score


class Date(NamedTuple):
    """A day or a month; what the text leaves out is None."""

    year: int | None
    month: int
    day: int | None

    def __str__(self) -> str:
        year = f"{self.year:04d}" if self.year is not None else "????"
        return f"{year}-{self.month:02d}" + (f"-{self.day:02d}" if self.day is not None else "")


_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
_ERAS |= {"R": 2018, "H": 1988, "S": 1925}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\.?"
_K = "".join((*KANJI_DIGITS, "十"))
# The first form that fits at a place wins.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        r"(?:(?P<era>令和|平成|昭和|大正|明治)\s?(?P<eyear>\d{1,2}|元|[" + _K + r"]{1,3})"
        r"|(?<!\d)(?P<year>\d{4}|[" + _K + r"]{4}))\s?年\s?"
        r"(?P<month>\d{1,2}|[" + _K + r"]{1,3})\s?月"
        r"(?:\s?(?P<day>\d{1,2}|[" + _K + r"]{1,3})\s?日)?",
        r"(?<!\d)(?P<month>\d{1,2}|(?<![" + _K + r"])[" + _K + r"]{1,3})\s?月\s?"
        r"(?P<day>\d{1,2}|[" + _K + r"]{1,3})\s?日",
        r"(?<![A-Za-z0-9])(?P<era>[RHS])(?P<eyear>\d{1,2})[./](?P<month>\d{1,2})[./]"
        r"(?P<day>\d{1,2})(?!\d)",
        r"(?<![\d./-])(?P<year>\d{4})(?P<s>[-/.])(?P<month>\d{1,2})(?P=s)(?P<day>\d{1,2})(?!\d)",
        r"(?<![\d./-])(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<year>\d{4})(?!\d)",
        r"(?<![\d./-])(?P<month>\d{1,2})/(?P<day>\d{1,2})(?![\d/])",
        rf"(?<![a-z]){_MONTH}\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(?P<year>\d{{4}}))?(?![\d:])",
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH}"
        r"(?:,?\s(?P<year>\d{4}))?(?!\d)",
        rf"(?<![a-z]){_MONTH}\s(?P<year>\d{{4}})(?!\d)",
    )
)


def dates_in(text: str) -> list[Date]:
    """The distinct dates of a text, in order; what is no day of the calendar is none."""
    text = nfkc(text)
    found: list[tuple[int, Date | None]] = []

    def take(match: re.Match[str]) -> str:
        found.append((match.start(), _date(match.groupdict())))
        # Nothing else may be read from the same place.
        return "\0" * len(match[0])

    for form in _FORMS:
        text = form.sub(take, text)
    found.sort(key=lambda pair: pair[0])
    return list(dict.fromkeys(date for _, date in found if date is not None))


def _date(parts: Mapping[str, str | None]) -> Date | None:
    year = _year(parts)
    day = _number(parts.get("day"))
    first, second = _number(parts.get("first")), _number(parts.get("second"))
    if first is not None and second is not None:
        # 11/25/2026 as in the United States, unless only 25/11/2026 makes sense.
        month, day = (second, first) if first > 12 else (first, second)
    else:
        month = _month(parts.get("month") or "")
    try:
        # 29 February is a day of some year.
        date(year if year is not None else 2000, month, 1 if day is None else day)
    except (ValueError, OverflowError):
        return None
    return Date(year, month, day)


def _month(name: str) -> int:
    if name.isascii() and name.isalpha():
        return _MONTHS.index(name[:3].lower()) + 1
    return _number(name) or 0


def _year(parts: Mapping[str, str | None]) -> int | None:
    era, year = parts.get("era"), parts.get("eyear")
    if era and year:
        return _ERAS[era.upper()] + (1 if year == "元" else _number(year) or 0)
    return _number(parts.get("year"))


def _number(text: str | None) -> int | None:
    return int(value_of(text)) if text else None


def same_date(answered: Date, expected: Date, *, year: bool) -> bool:
    """The same day or month. With `year`, a year that is expected must be there."""
    years = expected.year is not None and (year or answered.year is not None)
    return (
        answered.month == expected.month
        and (answered.year == expected.year or not years)
        and (answered.day == expected.day or expected.day is None)
    )


def _date_agreement(definition: Definition, values: OptionValues, language: Language) -> Metric:
    measure, year = str(values["measure"]), bool(values["year"])

    def compare(answer: str, expected: str) -> Score:
        same = partial(same_date, year=year)
        return agreement(dates_in(answer), dates_in(expected), same, measure, str)

    return against_reference(definition, values, compare, "nfkc", measure, "year" if year else "")


DEFINITIONS = (
    Definition(
        "date_agreement",
        N_("The dates of the expected answer are in the answer, however they are written."),
        _date_agreement,
        (
            MEASURE_OPTION,
            Option(
                "year",
                "toggle",
                False,
                N_("A year that is expected must be written; else 25 November suffices."),
            ),
            REFERENCE_OPTION,
        ),
        needs=frozenset({REFERENCE}),
    ),
)
