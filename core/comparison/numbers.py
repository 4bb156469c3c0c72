"""Numbers and dates in Japanese and English text, and what they amount to. Pure.

Each is found as it is written and given a key under which equal ones meet: `1,000円`, `￥1000`
and `千円`; `2026年11月25日`, `令和8年11月25日` and `Nov 25, 2026`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

# One character for one character, so that places stay the same.
DIGITS = str.maketrans("０１２３４５６７８９，．％￥＋－−：／", "0123456789,.%¥+--:/")

_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_MONTH = (
    r"(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DATES = re.compile(
    # The first look-ahead only saves time; so does the one of numbers.
    r"(?=[\d令平昭JFMASOND])(?:(?<![\d.])(?P<iso_y>\d{4})(?P<mark>[-/.])(?P<iso_m>\d{1,2})(?P=mark)(?P<iso_d>\d{1,2})(?![\d])"
    r"|(?:(?P<era>令和|平成|昭和)\s?(?P<era_y>\d{1,2}|元)|(?<!\d)(?P<ja_y>\d{4}))\s?年(?![間度])"
    r"(?:\s?(?P<ja_m>\d{1,2})\s?月(?:\s?(?P<ja_d>\d{1,2})\s?日(?!間))?)?"
    r"|(?<!\d)(?P<md_m>\d{1,2})\s?月\s?(?P<md_d>\d{1,2})\s?日(?!間)"
    rf"|(?<![A-Za-z]){_MONTH}\s(?P<en_d>\d{{1,2}})(?:st|nd|rd|th)?(?![\dA-Za-z])"
    r"(?:,?\s(?P<en_y>\d{4})(?!\d))?"
    rf"|(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s{_MONTH.replace('(Jan', '(?P<dmy>Jan', 1)}"
    r"(?![A-Za-z])(?:,?\s(?P<dmy_y>\d{4})(?!\d))?)"
)


def dates_of(text: str) -> tuple[list[tuple[int, int]], list[str]]:
    """Where dates stand, and their keys: `2026-11-25`, `2026-11`, `2026`, `--11-25`."""
    spans: list[tuple[int, int]] = []
    keys: list[str] = []
    for match in _DATES.finditer(text):
        key = _date_key(match)
        if key:
            spans.append(match.span())
            keys.append(key)
    return spans, keys


def _date_key(match: re.Match[str]) -> str:
    part = match.groupdict()
    if part["iso_y"]:
        return _joined(part["iso_y"], part["iso_m"], part["iso_d"])
    if part["era"]:
        year = 1 if part["era_y"] == "元" else int(part["era_y"])
        return _joined(str(_ERAS[part["era"]] + year), part["ja_m"], part["ja_d"])
    if part["ja_y"]:
        return _joined(part["ja_y"], part["ja_m"], part["ja_d"])
    if part["md_m"]:
        return _joined(None, part["md_m"], part["md_d"])
    if part["dmy"]:
        return _joined(part["dmy_y"], str(_MONTHS[part["dmy"][:3].casefold()]), part["day"])
    month = next(group for group in match.groups() if group and group[:3].casefold() in _MONTHS)
    return _joined(part["en_y"], str(_MONTHS[month[:3].casefold()]), part["en_d"])


def _joined(year: str | None, month: str | None, day: str | None) -> str:
    """Empty when it cannot be a date."""
    if int(month or 1) not in range(1, 13) or int(day or 1) not in range(1, 32):
        return ""
    parts = [year or "-", *(f"{int(part):02}" for part in (month, day) if part)]
    return "-".join(parts)


# The longer before the shorter: the first that fits is taken.
_JA_UNITS = (
    "パーセント|ポイント|メートル|キログラム|キロ|グラム|リットル|ドル|ユーロ|ページ|"
    "[かヶカケヵ]月間?|[かヶカケヵ]所|[かヶカケヵ]国|週間|時間|年間|日間|分間|秒間|年度|営業日|文字|"
    "円|人|名様|名|件|個|回|本|枚|台|冊|社|歳|才|点|位|倍|割|度|分|秒|時|日|月|年|階|章|節|号|番|"
    "字|語|行|箱|杯|頭|匹|泊|名|つ"
)
_EN_UNITS = (
    "percent|kilograms?|grams?|kilometers?|meters?|miles?|hours?|hrs?|minutes?|mins?|seconds?|"
    "secs?|days?|weeks?|months?|years?|times|people|persons?|items?|pages?|points?|words?|"
    "characters?|dollars?|yen|euros?|USD|JPY|EUR|kg|km|cm|mm|mg|ml|GB|MB|KB|TB|ms|"
    "million|billion|thousand"
)
_AMOUNT = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,40}(?!\d))(?:\.\d{1,40}(?!\d))?"
_NUMBERS = re.compile(
    rf"(?=[-+¥$€£\d〇零一二三四五六七八九十百千万億兆])"
    rf"(?:(?:(?<![A-Za-z\d._])(?P<sign>[-+])|(?<![A-Za-z\d._]))(?P<money>[¥$€£]\s?)?"
    rf"(?P<amount>{_AMOUNT}(?:[千万億兆](?:{_AMOUNT})?)*)(?P<clock>:\d{{2}}(?::\d{{2}})?)?"
    rf"(?:\s?(?P<unit>[%℃]|°C|{_JA_UNITS}|(?:{_EN_UNITS})(?![A-Za-z])))?"
    r"|(?<![一-鿿〇])(?P<kanji>[〇零一二三四五六七八九十百千万億兆]+)"
    rf"(?P<counter>{_JA_UNITS}))"
)
_LISTED = re.compile(r"(?m)^[ \t]*(?:[-*][ \t]+)?[（(]?\d{1,3}(?:[)）、]|\.(?=\s|$))")
# Words that only look like a number: enough, one-time, alone, everybody's first.
_NOT_COUNTED = frozenset(
    ("十分", "一時", "一人", "二人", "一番", "一本", "一度", "一点", "一つ", "万年")
)
_UNIT_KEYS = {
    "パーセント": "%", "percent": "%", "¥": "円", "yen": "円", "jpy": "円", "ドル": "$",
    "dollar": "$", "usd": "$", "ユーロ": "€", "euro": "€", "eur": "€", "°c": "℃", "名様": "名",
    "hr": "hour", "min": "minute", "sec": "second", "才": "歳", "kilogram": "kg",
    "people": "person",
}  # fmt: skip
_MONTHS_LONG = re.compile(r"^[かヶカケヵ]")
_PLURAL = re.compile(r"[a-z]{3,}s")
# Digits without a scale among them; one that begins with zero is a name, as of a ticket.
_PLAIN = re.compile(r"[\d,]+(?:\.\d+)?")
_SCALES = {"千": 10**3, "万": 10**4, "億": 10**8, "兆": 10**12}
_TENS = {"十": 10, "百": 100, "千": 1000}
_KANJI_DIGITS = {c: value for value, c in enumerate("〇一二三四五六七八九")} | {"零": 0}
_WORDS = {"thousand": 10**3, "million": 10**6, "billion": 10**9}


def numbers_of(text: str) -> Iterator[tuple[int, int, str]]:
    """Where numbers stand, with their units, and their keys. Numbers of lists are none."""
    listed = {match.end() for match in _LISTED.finditer(text)}
    for match in _NUMBERS.finditer(text):
        if match["kanji"]:
            value = kanji_number(match["kanji"])
            if value is not None and match[0] not in _NOT_COUNTED:
                yield *match.span(), str(value) + _unit_key(match["counter"])
        elif match.end("amount") + 1 not in listed or match["unit"] or match["money"]:
            yield *match.span(), _number_key(match)


def _number_key(match: re.Match[str]) -> str:
    sign = "-" if match["sign"] == "-" else ""
    if match["clock"]:
        return f"{match['amount']}{match['clock']}"
    unit = match["unit"] or ""
    raw = match["amount"]
    if unit in _WORDS or not _PLAIN.fullmatch(raw):
        digits = _written(_value(raw) * _WORDS.get(unit, 1))
    else:
        digits = raw.replace(",", "")
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    unit = "" if unit in _WORDS else unit
    return sign + digits + _unit_key(unit or (match["money"] or "").strip())


@cache
def _unit_key(unit: str) -> str:
    small = _MONTHS_LONG.sub("か", unit.casefold())
    if _PLURAL.fullmatch(small) and small != "times":
        small = small.removesuffix("s")
    return _UNIT_KEYS.get(small, small)


def _value(amount: str) -> Fraction:
    """`2万5,000` is 25000: every part before a scale is multiplied by it."""
    total = Fraction(0)
    for digits, scale in re.findall(r"([\d,.]*)([千万億兆]?)", amount):
        if digits:
            total += Fraction(digits.replace(",", "")) * _SCALES.get(scale, 1)
    return total


def _written(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    places = 0
    while value.denominator != 1:
        value, places = value * 10, places + 1
    digits = str(value.numerator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def kanji_number(text: str) -> int | None:
    """`二千五百` is 2500, `二〇二六` is 2026; None when it is no number."""
    if all(character in _KANJI_DIGITS for character in text):
        return int("".join(str(_KANJI_DIGITS[character]) for character in text[:40]))
    total = section = 0
    digit: int | None = None
    for character in text:
        if character in _KANJI_DIGITS:
            if digit is not None:
                return None
            digit = _KANJI_DIGITS[character]
        elif character in _TENS:
            section += (1 if digit is None else digit) * _TENS[character]
            digit = None
        else:
            section += digit or 0
            if not section:
                return None
            total += section * _SCALES[character]
            section, digit = 0, None
    return total + section + (digit or 0)
