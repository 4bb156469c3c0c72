"""Columns: their titles, keys and limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.comparison.candidates import checked, of_draft, with_keys, with_model
from core.errors import InvalidInput
from core.records.comparisons import Candidate, ComparedInput
from core.records.prompts import PromptSpec


def column(model: str = "sandbox:m", title: str = "", key: str = "") -> Candidate:
    return replace(of_draft(PromptSpec(), model, title=title), key=key)


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (["", "", ""], ["c1", "c2", "c3"]),
        (["a", "", "b-2"], ["a", "c1", "b-2"]),
        (["c2", "", ""], ["c2", "c1", "c3"]),
        (["a", "a", "a"], ["a", "c1", "c2"]),
        (["a/b", "日本", "x" * 41], ["c1", "c2", "c3"]),
    ],
)
def test_keys_that_lack_repeat_or_will_not_do_are_given(given: list[str], keys: list[str]) -> None:
    rows = [ComparedInput(key, "") for key in given]
    assert [row.key for row in with_keys(rows, "c")] == keys


@pytest.mark.parametrize(
    ("columns", "titles"),
    [
        ([column("sandbox:a"), column("sandbox:b")], ["a", "b"]),
        ([column("gemini:a"), column("platform:a")], ["gemini:a", "platform:a"]),
        ([column("gemini:a", "P"), column("platform:a", "P")], ["P · gemini:a", "P · platform:a"]),
        ([column("sandbox:a"), column("sandbox:a")], ["a", "a (2)"]),
    ],
)
def test_titles_tell_columns_apart(columns: list[Candidate], titles: list[str]) -> None:
    assert [one.title for one in checked(columns)] == titles


@pytest.mark.parametrize("number", [0, 1, 7])
def test_there_are_two_to_six_columns(number: int) -> None:
    with pytest.raises(InvalidInput, match=f"2 to 6 columns, not {number}"):
        checked([column()] * number)


def test_a_column_needs_a_model() -> None:
    with pytest.raises(InvalidInput, match="Column 2 has no model"):
        checked([column(), column("gemini:")])


def test_the_same_prompt_goes_to_another_model() -> None:
    first = column("sandbox:a", "Mail", key="c1")
    other = with_model(first, "gemini:b")
    assert (other.title, other.model, other.key) == ("Mail · b", "gemini:b", "")
    assert other.spec is first.spec
    assert with_model(replace(first, title="My own"), "gemini:b").title == "My own · b"
