"""Which models really answered, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.comparison.served import Notice, bare, is_version_of, notices
from core.records.comparisons import Cell, Comparison
from tests.core.comparison.making import answered, comparison


def served(column: str, *models: str | None) -> list[Cell]:
    cells = []
    for number, model in enumerate(models, 1):
        cell = answered(f"i{number}", column, "text")
        assert cell.run is not None
        reply = replace(cell.run.reply, served_model=model)
        cells.append(replace(cell, run=replace(cell.run, reply=reply)))
    return cells


def asked(*models: str) -> Comparison:
    made = comparison(len(models), 3)
    columns = zip(made.candidates, models, strict=True)
    return replace(made, candidates=tuple(replace(one, model=model) for one, model in columns))


def told(made: Comparison, *columns: list[Cell]) -> list[tuple[str, str]]:
    found = notices(made, [cell for column in columns for cell in column])
    return [(notice.level, notice.text) for notice in found]


@pytest.mark.parametrize(
    ("requested", "answering"),
    [
        ("gemini:x-flash", "x-flash"),
        ("gemini:x-flash", "models/x-flash"),
        ("platform:publishers/google/models/X-Flash", "x-flash"),
        ("gemini:x-flash", None),
    ],
)
def test_the_model_that_was_asked_for_is_not_worth_a_word(
    requested: str, answering: str | None
) -> None:
    made = asked(requested, "gemini:other")
    assert told(made, served("c1", answering, answering), served("c2", "other")) == []


@pytest.mark.parametrize(
    "suffix", ["-001", "@002", "-2026-10-01", "-10-01", "-10-2026", "-20261001"]
)
def test_a_version_of_it_is_told_but_no_warning(suffix: str) -> None:
    assert is_version_of(f"models/x-flash{suffix}", "x-flash")
    assert told(asked("gemini:x-flash", "gemini:y"), served("c1", f"x-flash{suffix}")) == [
        ("info", f"Column 1: x-flash was asked for; its version x-flash{suffix} answered.")
    ]


@pytest.mark.parametrize("other", ["x-flash-lite", "x-flash-2", "x-flash-preview", "x-flas", "y"])
def test_another_model_is_a_warning(other: str) -> None:
    assert not is_version_of(other, "x-flash")
    cells = served("c1", other, "x-flash", other)
    assert told(asked("gemini:x-flash", "gemini:z"), cells) == [
        ("warning", f"Column 1: x-flash was asked for, but {other} answered in 2 of 3 cells.")
    ]


def test_two_columns_can_turn_out_to_be_the_same_model() -> None:
    made = asked("gemini:x-pro", "gemini:x-flash")
    found = notices(made, [*served("c1", "x-flash"), *served("c2", "models/x-flash")])
    assert found[0].candidates == ("c1", "c2")
    assert found[0].text == (
        "Column 1 and Column 2 are the same model: different ones were asked for, but x-flash "
        "answered in both."
    )
    assert [notice.candidates for notice in found[1:]] == [("c1",)]


def test_the_same_model_can_turn_out_to_be_two() -> None:
    made = asked("gemini:x-flash", "platform:x-flash")
    found = told(made, served("c1", "x-flash-001"), served("c2", "x-flash-002"))
    assert [level for level, _ in found] == ["warning", "info", "info"]
    assert "asked for the same model (x-flash), but x-flash-001 and x-flash-002" in found[0][1]


def test_a_column_that_was_served_by_several_says_nothing_of_pairs() -> None:
    made = asked("gemini:x", "gemini:y")
    found = told(made, served("c1", "x", "y"), served("c2", "y"))
    assert [level for level, _ in found] == ["warning"]
    assert "y answered in 1 of 2 cells" in found[0][1]


def test_cells_without_a_run_say_nothing() -> None:
    made = asked("gemini:x", "gemini:y")
    assert notices(made, [Cell("i1", "c1", 1, problem="no"), Cell("i1", "c2", 1)]) == []


def test_braces_in_a_title_stay_text() -> None:
    notice = Notice("info", "{column} is {served}.", {"column": "{served}", "served": "x"})
    assert notice.text == "{served} is x."
    assert bare("models/X") == "x"


def test_columns_that_were_to_be_one_model_are_named_once() -> None:
    made = asked("gemini:x", "gemini:x", "gemini:y", "gemini:x")
    cells = [*served("c1", "x"), *served("c2", "models/x"), *served("c3", "y"), *served("c4", "x")]
    (found,) = notices(made, cells)
    assert (found.level, found.candidates) == ("info", ("c1", "c2", "c4"))
    assert found.text == (
        "Column 1, Column 2, Column 4 are the same model, as asked: x answered in all of them."
    )
