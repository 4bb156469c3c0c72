"""Looking for a text in the runs, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

FIRST_SLICE = 250_000
"""Runs to search first: two of DuckDB's row groups, so that two threads have work."""

LONGEST_PATTERN = 200
"""Characters; a longer text is looked for as it is, because compiling it would cost more."""


def condition(text: str) -> tuple[str, str]:
    """SQL that holds when the search column contains `text`, and the value for its one place."""
    if len(text) > LONGEST_PATTERN:
        return "contains(search, ?)", text
    # contains() stops at every first byte of the text, and that is the same for all kana. The
    # regular expression engine looks for first and last byte together: up to three times faster
    # on Japanese. The empty group keeps DuckDB from turning the pattern into contains() again.
    return "regexp_matches(search, ?)", re.escape(text) + "(?:|)"


def slices(oldest: UUID, newest: UUID, runs: int) -> Iterator[tuple[str, str]]:
    """Ranges of ids (low inclusive, high exclusive) from new to old, each twice as long in time.

    A word that is common fills a page from the first one.
    """
    start, high = milliseconds(oldest), milliseconds(newest) + 1
    length = max(1, int((high - start) * min(1.0, FIRST_SLICE / max(runs, 1))))
    while high > start:
        low = max(start, high - length)
        yield first_id(low), first_id(high)
        high, length = low, length * 2


def milliseconds(id_: UUID) -> int:
    """When a UUIDv7 was made, since 1970."""
    return id_.int >> 80


def first_id(moment: int) -> str:
    """The smallest id of that millisecond."""
    return str(UUID(int=moment << 80))
