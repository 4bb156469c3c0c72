"""What in two answers tells most of how they differ: numbers, names, polite words. Pure.

Marked is what only one of the two has. Where nearly all of both differs, these marks are all that
is left to see: colour on everything shows nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from core.prompts.difference import Span, difference

Telling = Literal["number", "name", "polite"]
MOSTLY = 0.7
"""Share of different characters from which on the differences themselves are not coloured."""
LONGEST = 100_000
"""Characters of both answers together that are looked through."""

_PATTERNS: tuple[tuple[Telling, re.Pattern[str]], ...] = (
    ("name", re.compile(
        r"(?<![A-Za-z0-9])[A-Z]{1,6}-?\d{2,}(?:-\d+)*(?![A-Za-z0-9])"  # an order, a model
        r"|[一-龠々ァ-ヴー]{1,8}(?:様|さま|さん|氏)"
        r"|[ァ-ヴー]{2,}(?:・[ァ-ヴー]{2,})+"
        r"|(?<=[a-z,;] )(?!I\b)[A-Z][a-zA-Z’'-]+(?: [A-Z][a-zA-Z’'-]+)*"
        r"|(?<![A-Za-z])(?:Mr|Ms|Mrs|Dr)\.? [A-Z][a-zA-Z’'-]+"
    )),
    ("number", re.compile(
        r"[¥￥$€£]?\s?\d+(?:[.,:/．，：／-]\d+)*\s?"
        r"(?:%|％|パーセント|円|万円|ドル|年|か月|ヶ月|週間|日|時間|時|分|秒|回|個|件|名|人|点|倍"
        r"|days?|weeks?|months?|years?|hours?|minutes?)?"
    )),
    ("polite", re.compile(
        r"ございま(?:す|せん|した)|申し訳(?:ありません|ございません|ない)?|恐れ入り|恐縮|お手数|お詫び|何卒"
        r"|(?:お|ご)[一-龠ぁ-ん]{1,4}(?:いただ[いきくけ]|くださ[いる])|いただ[いきくけ]|いたし(?:ます|ました)|致し|承り(?:ます|ました)?|"
        r"くださ(?:い|る|います)|お願い|です|ます|ません|でした|ました|だよ|だね|だろう"
        r"|\b(?:please|sorry|apolog\w+|thanks?(?: you)?|kindly|could you|would you|dear|sincerely"
        r"|regards|unfortunately|appreciate|afraid)\b", re.IGNORECASE,
    )),
)  # fmt: skip
_TO_ALL = frozenset(("お客様", "客様", "皆様", "皆さん", "皆さま", "お客さま", "客さま"))


class Piece(NamedTuple):
    """A stretch of an answer: whether only this one has it, and what it tells."""

    other: bool
    text: str
    tells: Telling | None


class _Found(NamedTuple):
    start: int
    end: int
    kind: Telling
    word: str


def pieces(first: str, second: str) -> tuple[list[Piece], list[Piece]]:
    """Both answers, cut where something begins or ends that a reader should see."""
    found = difference(first, second)
    sides = (found.left, found.right)
    told = ([], []) if len(first) + len(second) > LONGEST else telling(first, second)
    coloured = not all(_mostly_other(side) for side in sides)
    left, right = (
        list(_cut(side, marks, coloured=coloured))
        for side, marks in zip(sides, told, strict=True)
    )  # fmt: skip
    return left, right


def telling(first: str, second: str) -> tuple[list[_Found], list[_Found]]:
    """Numbers, names and polite words that only one of the texts has, in reading order."""
    left, right = list(_read(first)), list(_read(second))
    known = [{(one.kind, one.word) for one in side} for side in (left, right)]
    return (
        [one for one in left if (one.kind, one.word) not in known[1]],
        [one for one in right if (one.kind, one.word) not in known[0]],
    )


def _read(text: str) -> Iterator[_Found]:
    taken: list[_Found] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            end = start + len(match[0].strip())
            word = _same_word(text[start:end])
            if word and word not in _TO_ALL:
                taken.append(_Found(start, end, kind, word))
    last = 0
    # The pattern that comes first wins: the 2014 in A-2014 is no amount.
    for one in sorted(taken, key=lambda one: (one.start, -one.end)):
        if one.start >= last:
            yield one
            last = one.end


def _same_word(text: str) -> str:
    """How it is compared: 4,980 円 is ４９８０円."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"(?<=\d),(?=\d{3})|\s", "", plain)


def _mostly_other(side: Sequence[Span]) -> bool:
    letters = sum(len(span.text.strip()) for span in side)
    other = sum(len(span.text.strip()) for span in side if span.kind != "equal")
    return other > MOSTLY * letters


def _cut(side: Sequence[Span], marks: Sequence[_Found], *, coloured: bool) -> Iterator[Piece]:
    """Spans cut at the marks; joined they are the text."""
    place, waiting = 0, list(marks)
    for span in side:
        other, end = coloured and span.kind != "equal", place + len(span.text)
        at = place
        while at < end:
            while waiting and waiting[0].end <= at:
                waiting.pop(0)
            inside = bool(waiting) and waiting[0].start <= at
            stop = min(end, waiting[0].end if inside else waiting[0].start if waiting else end)
            tells = waiting[0].kind if inside else None
            yield Piece(other, span.text[at - place : stop - place], tells)
            at = stop
        place = end
