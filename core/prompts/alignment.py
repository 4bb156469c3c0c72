"""Alignment of two token sequences: exact where that is cheap, by anchors where it is not."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

# Cells of the exact method's table; it costs a bit of memory each and 60 ns per 1,000.
EXACT_CELLS = 100_000_000


class Match(NamedTuple):
    """`length` equal tokens, from `left` in the one sequence and from `right` in the other."""

    left: int
    right: int
    length: int


def align(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[Match]:
    """Matching runs, in order and not overlapping.

    A longest common subsequence when the sequences are short enough; else the parts between
    tokens that are unique on both sides (patience diff) are aligned each for itself.
    """
    return list(_joined(_pairs(left, right)))


def _joined(pairs: Iterator[tuple[int, int]]) -> Iterator[Match]:
    current: Match | None = None
    for i, j in pairs:
        if current and (i, j) == (current.left + current.length, current.right + current.length):
            current = current._replace(length=current.length + 1)
            continue
        if current:
            yield current
        current = Match(i, j, 1)
    if current:
        yield current


def _pairs(left: Sequence[Hashable], right: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    open_ranges = [(0, len(left), 0, len(right))]
    while open_ranges:
        a, b, c, d = open_ranges.pop()
        while a < b and c < d and left[a] == right[c]:
            yield a, c
            a, c = a + 1, c + 1
        tail = 0
        while a < b - tail and c < d - tail and left[b - 1 - tail] == right[d - 1 - tail]:
            tail += 1
        if tail:
            # Popped after the middle, so that pairs come out in order.
            open_ranges.append((b - tail, b, d - tail, d))
            b, d = b - tail, d - tail
        if a == b or c == d:
            continue
        if (b - a) * (d - c) <= EXACT_CELLS:
            for i, j in longest_common(left[a:b], right[c:d]):
                yield a + i, c + j
            continue
        open_ranges.extend(reversed(_between_anchors(left, right, (a, b, c, d))))


def longest_common(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Index pairs of a longest common subsequence (Hyyrö 2004, bit-parallel, one int per row)."""
    places: dict[Hashable, int] = {}
    for i, token in enumerate(left):
        places[token] = places.get(token, 0) | 1 << i
    full = (1 << len(left)) - 1
    rows = [full]
    row = full
    for token in right:
        common = row & places.get(token, 0)
        row = ((row + common) | (row - common)) & full
        rows.append(row)
    pairs: list[tuple[int, int]] = []
    i, j = len(left) - 1, len(right)
    # A zero bit i in row j says: the best length grows at left[i] within right[:j].
    while i >= 0 and j > 0:
        if rows[j] >> i & 1:
            i -= 1
        elif not rows[j - 1] >> i & 1:
            j -= 1
        else:
            pairs.append((i, j - 1))
            i, j = i - 1, j - 1
    pairs.reverse()
    return pairs


def _between_anchors(
    left: Sequence[Hashable], right: Sequence[Hashable], area: tuple[int, int, int, int]
) -> list[tuple[int, int, int, int]]:
    """The areas up to and from each anchor; none when nothing is unique on both sides."""
    a, b, c, d = area
    once_left, once_right = Counter(left[a:b]), Counter(right[c:d])
    at_right = {right[j]: j for j in range(c, d) if once_right[right[j]] == 1}
    shared = [
        (i, at_right[left[i]])
        for i in range(a, b)
        if once_left[left[i]] == 1 and left[i] in at_right
    ]
    anchors = _increasing(shared)
    starts = [(a, c), *anchors]
    ends = [*anchors, (b, d)]
    if not anchors:
        return []
    return [
        (i, next_i, j, next_j)
        for (i, j), (next_i, next_j) in zip(starts, ends, strict=True)
        if i < next_i and j < next_j
    ]


def _increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A longest subsequence in which the second numbers increase too."""
    tops: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        before.append(at[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(j)
            at.append(index)
        else:
            tops[pile], at[pile] = j, index
    chain: list[tuple[int, int]] = []
    index = at[-1] if at else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    chain.reverse()
    return chain
