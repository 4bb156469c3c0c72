"""Numbers in a text, and whether those of the expected answer are in the answer.

1,234.5, １２３４, 3億5,000万, 二十三, 2 million and ▲5 are read; units, % and currencies are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import TypeVar

from core.evaluation.metrics import reasons
from core.evaluation.metrics.metric import (
    REFERENCE_OPTION,
    Definition,
    Language,
    Metric,
    Option,
    OptionValues,
    against_reference,
    not_applicable,
)
from core.evaluation.metrics.reasons import because
from core.evaluation.metrics.text import nfkc
from core.records.datasets import REFERENCE
from core.records.messages import N_
from core.records.metrics import Score

Item = TypeVar("Item", bound=Hashable)

KANJI_DIGITS = {"零": 0, **{digit: value for value, digit in enumerate("〇一二三四五六七八九")}}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "億": 10**8, "兆": 10**12}
_WORDS = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}

# No longer than numbers are, so that a text of digits and commas takes no longer than others.
_PLAIN = r"\d{1,3}(?:,\d{3}){1,12}(?!\d)(?:\.\d{1,60})?|\d{1,60}(?:\.\d{1,60})?"
_KANJI = "".join((*KANJI_DIGITS, *_SMALL, *_LARGE))
_PART = re.compile(f"(?P<plain>{_PLAIN})|[{_KANJI}]", re.ASCII)
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w.])[-−▲△](?=\d))?(?P<run>(?:{_PLAIN}|[{_KANJI}]){{1,40}})"
    rf"(?:\s?(?P<word>{'|'.join(_WORDS)})\b)?",
    re.ASCII | re.IGNORECASE,
)
# 一緒 and 万が一 are words, 一名 and 三時 are numbers: a lone kanji needs a counter after it.
_COUNTER = re.compile("[年月日時分秒円人名個件回本台枚冊点歳倍割階社店箱袋週ヶか%]")
_NOT_TEN_MINUTES = "十分"


def numbers_in(text: str) -> list[Decimal]:
    """The distinct numbers of a text, in order."""
    text = nfkc(text)
    found: dict[Decimal, None] = {}
    for match in _NUMBER.finditer(text):
        run = match["run"]
        if not run[0].isascii() and not _is_number(run, text[match.end() :][:1]):
            continue
        value = value_of(run) * _WORDS.get((match["word"] or "").lower(), 1)
        found[-value if match["sign"] else value] = None
    return list(found)


def _is_number(kanji: str, after: str) -> bool:
    if len(kanji) == 1:
        return bool(_COUNTER.match(after)) and kanji + after != _NOT_TEN_MINUTES
    return True


def value_of(run: str) -> Decimal:
    """The value of digits and kanji such as 1万2千, 二十三 or 二〇二六."""
    total = section = Decimal(0)
    current: Decimal | None = None
    for part in _PART.finditer(run):
        sign = part[0]
        if part["plain"]:
            current = Decimal(sign.replace(",", ""))
        elif sign in KANJI_DIGITS:
            current = (current or 0) * 10 + Decimal(KANJI_DIGITS[sign])
        elif sign in _SMALL:
            section += (1 if current is None else current) * _SMALL[sign]
            current = None
        else:
            section += current or 0
            total += (section or 1) * _LARGE[sign]
            section, current = Decimal(0), None
    # Adding would round a number of more than 28 digits.
    return total + section + (current or 0) if total or section else current or Decimal(0)


def agreement(
    answered: Sequence[Item],
    expected: Sequence[Item],
    same: Callable[[Item, Item], bool] | None,
    measure: str,
    show: Callable[[Item], str],
) -> Score:
    """How far the two sets agree; not applicable when nothing was expected.

    `same(answered, expected)` is for those that are not equal; None means that they must be.
    """
    if not expected:
        return not_applicable(reasons.NOTHING_EXPECTED)
    given, wanted = set(answered), set(expected)
    missing = [one for one in expected if one not in given]
    extra = [one for one in answered if one not in wanted]
    if same is not None:
        missing = [one for one in missing if not any(same(other, one) for other in answered)]
        extra = [one for one in extra if not any(same(one, other) for other in expected)]
    recall = 1 - len(missing) / len(expected)
    precision = 1 - len(extra) / len(answered) if answered else 0.0
    both = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    value = {"recall": recall, "precision": precision, "fmeasure": both}[measure]
    details = {
        "expected": list(map(show, expected)),
        "missing": list(map(show, missing)),
        "extra": list(map(show, extra)),
    }
    # What is there too is no fault where only what is missing counts.
    absent, beyond = bool(missing), bool(extra) and measure != "recall"
    template = reasons.MISSING_AND_EXTRA if beyond else reasons.MISSING
    if not absent:
        template = reasons.EXTRA
    words = {name: ", ".join(details[name]) for name in ("missing", "extra")}
    return Score(value, reason=because(template, **words) if value < 1 else "", details=details)


def show_number(number: Decimal) -> str:
    """Without an exponent and without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number_agreement(definition: Definition, values: OptionValues, language: Language) -> Metric:
    measure, tolerance = str(values["measure"]), values["tolerance"]
    assert isinstance(tolerance, float | int)
    room = Decimal(str(max(tolerance, 0)))

    def near(one: Decimal, other: Decimal) -> bool:
        return abs(one - other) <= room * abs(other)

    def compare(answer: str, expected: str) -> Score:
        same = near if room else None
        return agreement(numbers_in(answer), numbers_in(expected), same, measure, show_number)

    return against_reference(
        definition, values, compare, "nfkc", measure, f"tol:{tolerance:g}" if room else ""
    )


MEASURE_OPTION = Option(
    "measure",
    "choice",
    "recall",
    N_("recall asks whether all expected ones are there, precision whether no others are."),
    ("recall", "precision", "fmeasure"),
)

DEFINITIONS = (
    Definition(
        "number_agreement",
        N_("The numbers of the expected answer are in the answer, however they are written."),
        _number_agreement,
        (
            MEASURE_OPTION,
            Option(
                "tolerance",
                "number",
                0.0,
                N_("How far a number may be off, as a share of it: 0.01 is one percent."),
            ),
            REFERENCE_OPTION,
        ),
        needs=frozenset({REFERENCE}),
    ),
)
