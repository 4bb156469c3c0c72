from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparison.folding import answer_of, differs, folded, same_as
from core.records.comparisons import Cell
from tests.core.comparison.making import answered


def repeats(*texts: str | None) -> list[Cell]:
    """One cell per text; None is a failure."""
    return [
        answered("i1", "c1", "", n, outcome="timed_out")
        if text is None
        else answered("i1", "c1", text, n)
        for n, text in enumerate(texts, 1)
    ]


@pytest.mark.parametrize(
    ("texts", "distinct", "answers", "shown"),
    [
        pytest.param([], 0, 0, [], id="nothing"),
        pytest.param(["a"], 1, 1, [("a", 1)], id="one"),
        pytest.param(
            ["a", "b", "a", "c", "a"], 3, 5, [("a", 3), ("b", 1), ("c", 1)], id="three of five"
        ),
        pytest.param(["b", "a", "a"], 2, 3, [("a", 2), ("b", 1)], id="the most frequent first"),
        pytest.param(["a", "a \n"], 1, 2, [("a", 2)], id="white space at the end"),
        pytest.param(["a", " a"], 2, 2, [("a", 1), (" a", 1)], id="white space before counts"),
        pytest.param(["１", "1"], 2, 2, [("１", 1), ("1", 1)], id="full width counts"),
        pytest.param(
            [None, "a", None], 1, 1, [("a", 1), (None, 1), (None, 1)], id="failures stay apart"
        ),
        pytest.param(["", ""], 1, 2, [("", 2)], id="an empty answer is one"),
    ],
)
def test_repeats_fold(
    texts: list[str | None], distinct: int, answers: int, shown: list[tuple[str | None, int]]
) -> None:
    found = folded(repeats(*texts))
    assert (found.distinct, found.answers) == (distinct, answers)
    assert [(one.text, len(one.cells)) for one in found.variants] == shown


def test_repeats_are_taken_in_their_order() -> None:
    late, early = answered("i1", "c1", "late", 2), answered("i1", "c1", "early", 1)
    assert folded([late, early]).main == "early"


def test_what_came_before_a_failure_can_be_read() -> None:
    assert answer_of(answered("i1", "c1", "half an ans", outcome="unknown")) == "half an ans"
    assert answer_of(answered("i1", "c1", "", outcome="empty")) is None
    assert answer_of(Cell("i1", "c1", 1)) is None


def test_function_calls_are_compared_too() -> None:
    calls = {"function_calls": [{"name": "weather", "args": {"place": "東京"}}]}
    assert answer_of(answered("i1", "c1", "", extras=calls)) == 'weather({"place": "東京"})'


def row(**columns: list[str | None]) -> dict[str, list[Cell]]:
    return {name: repeats(*texts) for name, texts in columns.items()}


@pytest.mark.parametrize(
    ("columns", "same", "different"),
    [
        pytest.param({"a": ["x"], "b": ["x "], "c": ["y"]}, {"a": ("b",), "b": ("a",), "c": ()}, True, id="two of three"),
        pytest.param({"a": ["x"], "b": ["x"]}, {"a": ("b",), "b": ("a",)}, False, id="all the same"),
        pytest.param({"a": [None], "b": [None]}, {"a": (), "b": ()}, False, id="nobody answered"),
        pytest.param({"a": ["x"], "b": [None]}, {"a": (), "b": ()}, True, id="one failed"),
        pytest.param({"a": ["x", "y"], "b": ["y", "x"]}, {"a": ("b",), "b": ("a",)}, False, id="the same wordings"),
        pytest.param({"a": ["x", "y"], "b": ["x", "x"]}, {"a": (), "b": ()}, True, id="one wording more"),
    ],
)  # fmt: skip
def test_columns_that_say_the_same(
    columns: dict[str, list[str | None]], same: dict[str, tuple[str, ...]], different: bool
) -> None:
    cells = {name: folded(found) for name, found in row(**columns).items()}
    assert same_as(cells) == same
    assert differs(cells) is different


@given(st.lists(st.none() | st.sampled_from(["a", "a ", "b", ""]), max_size=8))
def test_every_cell_is_in_one_variant(texts: list[str | None]) -> None:
    cells = repeats(*texts)
    found = folded(cells)
    assert sorted(c.repeat for v in found.variants for c in v.cells) == [c.repeat for c in cells]
    assert found.answers == sum(text is not None for text in texts)
    counts = [len(v.cells) for v in found.variants if v.text is not None]
    assert counts == sorted(counts, reverse=True)
