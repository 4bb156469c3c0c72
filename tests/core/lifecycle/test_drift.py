"""Alarms of who answers for whom: each real change is one, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.lifecycle.drift import drifts
from core.records.model_use import ServedBy

DAY = datetime(2026, 11, 1, tzinfo=UTC)
TITLES = {"gemini": "Gemini API", "platform": "Agent Platform"}


def seen(surface: str, requested: str, served: str, first: int = 0, last: int = 5) -> ServedBy:
    days = (DAY + timedelta(days=first), DAY + timedelta(days=last))
    return ServedBy(surface, requested, served, 7, *days)


@pytest.mark.parametrize(
    ("rows", "kinds"),
    [
        ([], []),
        ([seen("gemini", "x", "x")], []),
        ([seen("gemini", "x", "models/x"), seen("gemini", "x", "X")], []),
        ([seen("gemini", "x", "x-001")], []),
        # A service that names no version may mean any.
        ([seen("gemini", "x", "x-001"), seen("gemini", "x", "x")], []),
        ([seen("gemini", "x", "x-001"), seen("platform", "x", "x")], []),
        ([seen("gemini", "x", "x-001"), seen("platform", "x", "publishers/x-001")], []),
        ([seen("gemini", "x", "y")], ["other"]),
        ([seen("gemini", "x", "y"), seen("gemini", "models/x", "models/y")], ["other"]),
        ([seen("gemini", "x", "y"), seen("gemini", "x", "x")], ["other"]),
        ([seen("gemini", "x", "x-001"), seen("gemini", "x", "x-002", 5, 9)], ["changed"]),
        ([seen("gemini", "x", "x-001"), seen("platform", "x", "x-002")], ["surfaces"]),
        ([seen("gemini", "x", "x-001"), seen("platform", "z", "z-002")], []),
        # The newest of each connection counts: they are alike by now.
        ([seen("gemini", "x", "x-001"), seen("gemini", "x", "x-002", 5, 9),
          seen("platform", "x", "x-002")], ["changed"]),
        ([seen("gemini", "x", "y"), seen("platform", "x", "x-001"),
          seen("platform", "x", "x-002", 6, 9)], ["other", "changed"]),
    ],
)  # fmt: skip
def test_what_is_an_alarm(rows: list[ServedBy], kinds: list[str]) -> None:
    assert [one.kind for one in drifts(rows, TITLES)] == kinds
    assert [one.kind for one in drifts(rows[::-1], TITLES)] == kinds


def test_the_sentences_name_models_days_and_connections() -> None:
    rows = [
        seen("gemini", "x", "x-001"), seen("gemini", "x", "x-002", 6, 9),
        seen("gemini", "models/x", "models/x-002", 10, 12), seen("platform", "x", "x-001"),
        seen("gemini", "a", "b"),
    ]  # fmt: skip
    other, changed, surfaces = (one.said(str) for one in drifts(rows, TITLES))
    assert other.startswith("Asked for a, answered by b: 7 calls in 30 days, last on 2026-11-06.")
    assert changed.startswith("x was answered by x-001 until 2026-11-06 and by x-002 since "
                              "2026-11-07.")  # fmt: skip
    assert surfaces.startswith("x is answered by x-002 on Gemini API and by x-001 on Agent "
                               "Platform.")  # fmt: skip
    assert "<x>" in drifts(rows, TITLES)[1].said(str, lambda text: f"<{text}>")
