from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from core.evaluation.metrics.labels import (
    LabelFinder,
    class_scores,
    confusion,
    label_pairs,
    labels_of,
    macro_f1,
)
from core.records.metrics import Score

LABELS = ("high", "low", "very high")


@pytest.mark.parametrize(
    ("answer", "label", "how"),
    [
        ("HIGH", "high", "exact"),
        ("**Low**", "low", "exact"),
        ("ｈｉｇｈ。", "high", "exact"),
        ("high\nbecause low stock", "high", "first_line"),
        ("Priority: low\nbecause it is not high", "low", "heading"),
        ('{"label": "low", "note": "high"}', "low", "field"),
        ('{"urgency": "low", "note": "none"}', "low", "field"),
        ("I would say low.", "low", "mention"),
        ("It is very high today.", "very high", "mention"),
        ("重要度はhighとします", "high", "mention"),
        ('{"a": "low", "b": "high"}', None, ""),
        ("high or low", None, ""),
        ("highest", None, ""),
        ("", None, ""),
        ("{", None, ""),
    ],
)
def test_where_a_label_is_found(answer: str, label: str | None, how: str) -> None:
    found = LabelFinder(LABELS).find(answer)
    assert (found.label if found else None, found.how if found else "") == (label, how)


def test_labels_that_differ_in_case_alone_are_one() -> None:
    assert labels_of(["High", "low", "high", "", " low "]) == ("High", "low")


def test_an_answer_without_a_label_is_counted_and_an_error_is_not() -> None:
    scores = [
        Score(1.0, details={"expected": "high", "found": "high"}),
        Score(0.0, details={"expected": "high", "found": None}),
        Score(None, "error", "no answer"),
    ]
    matrix = confusion(label_pairs(scores))
    assert matrix.count("high", "high") == matrix.count("high", None) == 1
    (only,) = class_scores(matrix)
    assert (only.precision, only.recall) == (1.0, 0.5)


def test_no_answers_are_no_f1_and_not_zero() -> None:
    assert macro_f1(confusion([])) is None


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([*"abcd", None])), min_size=1, max_size=40
    )
)
@settings(deadline=None)
def test_f1_and_confusion_are_those_of_scikit_learn(pairs: list[tuple[str, str | None]]) -> None:
    matrix = confusion(pairs)
    labels = list(matrix.labels)
    right = [expected for expected, _ in pairs]
    given_ = [found or "(none)" for _, found in pairs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about labels that nobody gave
        table = confusion_matrix(right, given_, labels=[*labels, "(none)"])
        each = precision_recall_fscore_support(right, given_, labels=labels, zero_division=0)
        macro = f1_score(right, given_, labels=labels, average="macro", zero_division=0)
    for i, one in enumerate(labels):
        assert [matrix.count(one, other) for other in labels] == table[i][:-1].tolist()
        assert matrix.count(one, None) == table[i][-1]
    ours = class_scores(matrix)
    assert [score.precision or 0.0 for score in ours] == pytest.approx(each[0].tolist())
    assert [score.recall or 0.0 for score in ours] == pytest.approx(each[1].tolist())
    assert [score.f1 for score in ours] == pytest.approx(each[2].tolist())
    assert [score.expected for score in ours] == each[3].tolist()
    assert macro_f1(matrix) == pytest.approx(macro)
