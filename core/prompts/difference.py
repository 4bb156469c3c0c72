"""What differs between two texts, shown so that a person can read it.

Texts are aligned by sentence first (Japanese and English ends, and line ends); within the
sentences that changed, by word in alphabetic scripts and by character in the others. No user-
perceived character is ever split.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.prompts.alignment import align

# Above this many characters on both sides together, only whole lines are compared.
COARSE_FROM = 1_000_000

_SENTENCE_END = re.compile(r"[。！？!?．]+[」』）】)\]\"'”’]*|\.+[)\]\"'”’]*(?=\s)|\r?\n")
_WORD = re.compile(r"[0-9A-Za-z_\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff]+| +|\r\n|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text that both sides have, or that only one has."""

    kind: Literal["equal", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Spans in reading order. Left text = equal + removed spans; right = equal + added spans."""

    spans: tuple[Span, ...]

    @property
    def left(self) -> tuple[Span, ...]:
        """The spans that make up the left text."""
        return tuple(span for span in self.spans if span.kind != "added")

    @property
    def right(self) -> tuple[Span, ...]:
        """The spans that make up the right text."""
        return tuple(span for span in self.spans if span.kind != "removed")

    @property
    def same(self) -> bool:
        """Whether the texts are equal."""
        return all(span.kind == "equal" for span in self.spans)


@dataclass(slots=True)
class _Chunk:
    """An equal stretch, or what was removed and added at one place."""

    equal: str = ""
    removed: str = ""
    added: str = ""


def difference(left: str, right: str) -> Difference:
    """Compare two texts. 20 KB take some ten milliseconds; above 1 MB only lines are compared."""
    coarse = len(left) + len(right) > COARSE_FROM
    split = _lines if coarse else sentences
    chunks: list[_Chunk] = []
    for chunk in _aligned(split(left), split(right)):
        if coarse or chunk.equal or not (chunk.removed and chunk.added):
            chunks.append(chunk)
        else:
            chunks.extend(_readable(list(_aligned(words(chunk.removed), words(chunk.added)))))
    return Difference(tuple(_spans(chunks)))


def _aligned(left: list[str], right: list[str]) -> Iterator[_Chunk]:
    i = j = 0
    for match in [*align(left, right), None]:
        end_i, end_j = (match.left, match.right) if match else (len(left), len(right))
        if end_i > i or end_j > j:
            yield _Chunk(removed="".join(left[i:end_i]), added="".join(right[j:end_j]))
        if match:
            i, j = end_i + match.length, end_j + match.length
            yield _Chunk(equal="".join(left[end_i:i]))


def _readable(chunks: list[_Chunk]) -> list[_Chunk]:
    """Join changes that stand so close that the equal text between them only confuses."""
    kept: list[_Chunk] = []
    for chunk in chunks:
        kept.append(chunk)
        while len(kept) >= 3 and _confusing(*kept[-3:]):
            before, between, after = kept[-3:]
            kept[-3:] = [
                _Chunk(
                    removed=before.removed + between.equal + after.removed,
                    added=before.added + between.equal + after.added,
                )
            ]
    return kept


def _confusing(before: _Chunk, between: _Chunk, after: _Chunk) -> bool:
    if not between.equal or "\n" in between.equal:
        return False
    smaller = min(max(len(chunk.removed), len(chunk.added)) for chunk in (before, after))
    return smaller > 0 and (len(between.equal) == 1 or 2 * len(between.equal) <= smaller)


def _spans(chunks: list[_Chunk]) -> Iterator[Span]:
    """The spans of the chunks, neighbours of the same kind joined."""
    merged: list[_Chunk] = []
    for chunk in chunks:
        if merged and bool(merged[-1].equal) == bool(chunk.equal):
            last = merged[-1]
            merged[-1] = _Chunk(
                last.equal + chunk.equal, last.removed + chunk.removed, last.added + chunk.added
            )
        else:
            merged.append(chunk)
    for chunk in merged:
        if chunk.equal:
            yield Span("equal", chunk.equal)
        if chunk.removed:
            yield Span("removed", chunk.removed)
        if chunk.added:
            yield Span("added", chunk.added)


def sentences(text: str) -> list[str]:
    """The text cut after each sentence end and line end; joined it is the text again."""
    ends = (match.end() for match in _SENTENCE_END.finditer(text))
    return _cut(text, ends)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def words(text: str) -> list[str]:
    """The text cut into words and characters; joined it is the text again."""
    return _cut(text, (match.end() for match in _WORD.finditer(text)))


def _cut(text: str, ends: Iterator[int]) -> list[str]:
    pieces: list[str] = []
    start = 0
    for end in ends:
        if end > start and not _inside_character(text, end):
            pieces.append(text[start:end])
            start = end
    if start < len(text):
        pieces.append(text[start:])
    return pieces


def _inside_character(text: str, at: int) -> bool:
    """Whether a cut at this place would split what a reader takes for one character."""
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    if after < "\u0300" and before < "\u0300":
        return before == "\r" and after == "\n"
    return (
        unicodedata.category(after)[0] == "M"
        or before == "\u200d"
        or after in "\u200c\u200d"
        or "\u1160" <= after <= "\u11ff"  # Hangul vowels and finals typed apart
        or "\udc00" <= after <= "\udfff"
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= after <= "\U000e007f"  # tags of regional flags
        or _inside_flag(text, at)
    )


def _inside_flag(text: str, at: int) -> bool:
    """Two regional indicators are one flag; count from where their row starts."""
    if not _is_indicator(text[at]):
        return False
    start = at
    while start > 0 and at - start < 64 and _is_indicator(text[start - 1]):
        start -= 1
    return (at - start) % 2 == 1


def _is_indicator(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
