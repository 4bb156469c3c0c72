from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_fscore_support

from core.evaluation.label_report import label_report

NAMES = st.sampled_from(["high", "low", "緊急"])


def details(expected: str, found: str | None) -> str:
    return json.dumps({"expected": expected, "found": found, "how": "exact"})


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=30))
def test_figures_are_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    one = label_report([("a", details(*pair), 1) for pair in pairs])["a"]
    wanted, found = zip(*pairs, strict=True)
    names = list(one.matrix.labels)
    oracle = precision_recall_fscore_support(wanted, found, labels=names, zero_division=0)
    for place, score in enumerate(one.classes):
        told = [score.precision or 0, score.recall or 0, score.f1, score.expected]
        assert told == [pytest.approx(column[place]) for column in oracle]
    assert one.macro_f1 == pytest.approx(
        f1_score(wanted, found, labels=names, average="macro", zero_division=0)
    )


def test_candidates_stand_apart_and_equal_details_are_added() -> None:
    found = label_report(
        [("a", details("high", "high"), 3), ("b", details("high", None), 2),
         ("b", details("high", "low"), 1), ("a", details("low", "high"), 1)]
    )  # fmt: skip
    assert found["a"].matrix.count("high", "high") == 3
    assert found["a"].without == 0 and found["b"].without == 2
    assert found["b"].matrix.mistaken("high") == [(None, 2), ("low", 1)]
    assert label_report([]) == {}
