from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core.comparison.view_data import blinded, view_of
from core.comparison.view_words import words_of
from core.i18n import LANGUAGES
from core.records.comparisons import Cell, CellProblem
from core.records.prompts import PromptSpec
from core.records.runs import OWN_FAILURES, Failure
from tests.core.comparison.making import answered, comparison, verdict


def test_the_view_is_plain_json_in_both_languages() -> None:
    cells = [answered("i1", "c1", "はい。"), answered("i1", "c2", "Yes.")]
    for language in LANGUAGES:
        view = view_of(comparison(), cells, [verdict(1, "left")], "memo", language=language)
        assert json.loads(json.dumps(view)) == view
    assert view["rows"][0]["verdicts"][0]["words"] == "Aが良い"


def test_columns_say_what_they_are_and_what_they_took() -> None:
    made = comparison(rows=2)
    cells = [
        answered("i1", "c1", "one"), answered("i2", "c1", "two"),
        answered("i1", "c2", "one"), answered("i2", "c2", "", outcome="rate_limited"),
    ]  # fmt: skip
    first, second = view_of(made, cells, language="en")["columns"]
    assert (first["letter"], first["model"], first["surface"], first["simulated"]) == (
        "A", "flash-1", "Sandbox", True,
    )  # fmt: skip
    assert first["totals"] == {
        "expected": 2, "answered": 2, "cost": 0.02, "input": 20, "output": 40,
        "p50_ms": 900, "p50_first_ms": 100,
    }  # fmt: skip
    assert second["totals"]["answered"] == 1
    assert second["totals"]["outcomes"] == [["Rate limited", 1]]


def test_no_data_is_left_out_instead_of_zero() -> None:
    view = view_of(comparison(), [], language="en")
    assert view["columns"][0]["totals"] == {"expected": 1, "answered": 0}
    assert view["rows"][0]["cells"] == [{"state": "waiting", "distinct": 0, "answers": 0}] * 2
    assert view["rows"][0]["differs"] is False
    assert view["tally"] == []


def test_another_served_model_is_told_by_column_and_by_cell() -> None:
    cell = answered("i1", "c1", "x")
    assert cell.run is not None
    other = replace(
        cell, run=replace(cell.run, reply=replace(cell.run.reply, served_model="flash-9"))
    )
    view = view_of(comparison(), [other], language="en")
    assert view["columns"][0]["served"] == [("flash-9", 1)]
    assert view["rows"][0]["cells"][0]["variants"][0]["served"] == "flash-9"
    assert (
        "served"
        not in view_of(comparison(), [cell], language="en")["rows"][0]["cells"][0]["variants"][0]
    )


def test_repeats_fold_and_the_same_answers_are_marked() -> None:
    cells = [answered("i1", "c1", text, n) for n, text in enumerate("aba", 1)]
    cells += [answered("i1", "c2", text, n) for n, text in enumerate("bab", 1)]
    one, other = view_of(comparison(repeats=3), cells, language="en")["rows"][0]["cells"]
    assert (one["distinct"], one["answers"], one["same_as"]) == (2, 3, [1])
    assert [(v["text"], v.get("times")) for v in one["variants"]] == [("a", 2), ("b", None)]
    assert [v["text"] for v in other["variants"]] == ["b", "a"]


TOLD = CellProblem("x", "The {column} has no row {row}.", {"row": "i9", "column": "{row}"})


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        pytest.param(answered("i1", "c1", "", outcome="timed_out"), "Timed out: said timed_out", id="a call failed"),
        pytest.param(Cell("i1", "c1", 1, problem="No key."), "No key.", id="nothing was sent"),
        pytest.param(Cell("i1", "c1", 1, told=TOLD), "The {row} has no row i9.", id="told by a template"),
    ],
)  # fmt: skip
def test_a_failed_cell_says_why(cell: Cell, problem: str) -> None:
    shown = view_of(comparison(), [cell], language="en")["rows"][0]["cells"][0]
    assert shown["state"] == "failed"
    assert shown["variants"][0]["problem"] == problem


def test_a_column_with_a_response_schema_expects_json() -> None:
    made = comparison()
    strict = replace(made.candidates[0], spec=PromptSpec(response_schema='{"type": "object"}'))
    cells = [answered("i1", "c1", "no JSON"), answered("i1", "c2", "no JSON")]
    view = view_of(replace(made, candidates=(strict, made.candidates[1])), cells, language="en")
    first, second = (cell["variants"][0]["facts"] for cell in view["rows"][0]["cells"])
    assert (first["json"], second.get("json")) == ("invalid", None)


def test_facts_are_written_short() -> None:
    view = view_of(comparison(), [answered("i1", "c1", "１００円、200円です。")], language="en")
    facts = view["rows"][0]["cells"][0]["variants"][0]["facts"]
    assert facts["numbers"] == [["１００円", "100円"], "200円"]
    assert (facts["language"], facts["style"]) == ("ja", "polite")


def test_chunks_are_pairs_in_one_list() -> None:
    view = view_of(
        comparison(), [answered("i1", "c1", "abcd", chunks=[(100, 1), (200, 3)])], language="en"
    )
    assert view["rows"][0]["cells"][0]["variants"][0]["chunks"] == [100, 1, 200, 3]


def test_a_blind_view_gives_nobody_away() -> None:
    cells = [answered("i1", "c1", "one"), answered("i1", "c2", "two"), answered("i1", "c3", "one")]
    view = view_of(
        comparison(3), cells, [verdict(1, "left")], "memo", language="en", notices=["A is B"]
    )
    hidden = blinded(view, {"i1": ["c3", "c2", "c1"]})
    assert [cell["variants"][0]["text"] for cell in hidden["rows"][0]["cells"]] == [
        "one",
        "two",
        "one",
    ]
    assert [cell.get("same_as") for cell in hidden["rows"][0]["cells"]] == [[2], None, [0]]
    assert [column["letter"] for column in hidden["columns"]] == ["A", "B", "C"]
    told = json.dumps({**hidden, "words": {}})
    for secret in ("c1", "c3", "flash", "Column", "run-", "900", "0.01", "A is B", "better"):
        assert secret not in told


def test_both_languages_have_the_same_words() -> None:
    english, japanese = words_of("en"), words_of("ja")
    assert english.keys() == japanese.keys()
    assert {name for name in english if english[name] == japanese[name]} == {"times", "times_speed"}


@pytest.mark.parametrize("code", sorted(OWN_FAILURES))
def test_a_failure_of_our_own_is_told_in_the_words_of_the_page(code: str) -> None:
    cell = answered("i1", "c1", "", outcome="cancelled")
    assert cell.run is not None
    reply = replace(cell.run.reply, failure=Failure(code, "Stopped by the user."))
    view = view_of(comparison(), [replace(cell, run=replace(cell.run, reply=reply))], language="ja")
    assert view["rows"][0]["cells"][0]["variants"][0]["problem"] == "停止済み"


def test_what_nobody_counted_costs_at_most() -> None:
    cells = [answered("i1", "c1", "", outcome="cancelled"), answered("i1", "c2", "yes")]
    view = view_of(comparison(), cells, language="en")
    stopped, fine = view["rows"][0]["cells"]
    assert stopped["variants"][0]["at_most"] is True
    assert "at_most" not in fine["variants"][0]
    first, second = view["columns"]
    assert first["totals"]["at_most"] is True
    assert "at_most" not in second["totals"]
