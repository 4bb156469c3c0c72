"""A clock set wrong is noticed, and said in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from core.engine.wall_clock import WallClock
from core.errors import fill
from core.lifecycle.clock import clock_doubts

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
RIGHT = {
    "newest": NOW - timedelta(seconds=3),
    "checked_on": date(2026, 11, 24),
    "ahead": timedelta(seconds=-2),
}


@pytest.mark.parametrize(
    ("facts", "signs", "words"),
    [
        ({}, [], ""),
        ({"newest": None, "checked_on": None, "ahead": None}, [], ""),
        # An answer that took four minutes, a catalogue of the day after in Japan.
        ({"ahead": timedelta(minutes=4), "checked_on": date(2026, 11, 26)}, [], ""),
        ({"newest": NOW + timedelta(minutes=4)}, [], ""),
        ({"ahead": timedelta(hours=9)}, ["service"], "540 minutes ahead"),
        ({"ahead": timedelta(days=-40)}, ["service"], "57,600 minutes behind"),
        ({"checked_on": date(2026, 11, 27)}, ["catalogue"], "checked on 2026-11-27"),
        ({"newest": NOW + timedelta(days=2)}, ["records"], "recorded at 2026-11-27 09:00 UTC"),
        (
            {"newest": NOW + timedelta(days=2), "checked_on": date(2027, 1, 1)},
            ["catalogue", "records"],
            "says 2026-11-25 09:00 UTC",
        ),
    ],
)
def test_what_speaks_against_the_clock(
    facts: dict[str, object], signs: list[str], words: str
) -> None:
    found = clock_doubts(NOW, **{**RIGHT, **facts})  # type: ignore[arg-type]
    assert [one.sign for one in found] == signs
    assert words in " ".join(fill(one.template, one.values) for one in found)


@pytest.mark.parametrize(
    ("headers", "ahead"),
    [
        ({"Date": "Wed, 25 Nov 2026 08:00:00 GMT"}, timedelta(hours=1)),
        ({"date": "Wed, 25 Nov 2026 09:00:30 GMT"}, timedelta(seconds=-30)),
        ({"Date": "yesterday"}, None),
        ({"Date": ""}, None),
        ({"Server": "x"}, None),
        (None, None),
    ],
)
def test_the_time_of_an_answer(headers: dict[str, str] | None, ahead: timedelta | None) -> None:
    clock = WallClock(lambda: NOW)
    clock.note(headers)
    assert clock.ahead == ahead
