"""Comparisons are appended only: titles, problems, verdicts; the newest holds."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import InvalidInput, NotFound
from core.records.comparisons import Candidate, CellKey, CellProblem, ComparedInput, Comparison
from core.records.runs import Reply
from core.store import Store
from tests.core.store.conftest import Clock, settle, text_spec

PROBLEM = CellProblem("missing_variables", "No value for {names}.", {"names": "{質問}"})


def create(store: Store, title: str = "Tone", **fields: Any) -> Comparison:
    candidates = [
        Candidate(
            "c1", "丁寧", text_spec("{質問}", system="Be polite."), "sandbox:sandbox-flash-2"
        ),
        Candidate("c2", "plain", text_spec("{質問}"), "sandbox:sandbox-pro-2"),
    ]
    rows = [
        ComparedInput("i1", "返品", {"質問": "返品は何日まで？"}, reference="30日"),
        ComparedInput("i2", "hello", message="hello {x}"),
    ]
    return store.comparisons.create(title, candidates, rows, actor="ada", **fields)


def run_of(
    store: Store, comparison: Comparison, unit: str, outcome: Any = "ok", **named: Any
) -> str:
    return settle(store, reply=Reply(outcome, text="a"), group_id=comparison.id, unit=unit, **named)


def test_a_comparison_reopens_exactly(store: Store) -> None:
    made = create(store, repeats=3, blind=True, seed=2**32 - 1)
    again = store.comparisons.get(made.id)
    assert again == made
    assert (again.repeats, again.blind, again.seed, again.created_by) == (3, True, 2**32 - 1, "ada")
    assert again.candidates[0].spec == text_spec("{質問}", system="Be polite.")
    assert again.inputs[0] == ComparedInput(
        "i1", "返品", {"質問": "返品は何日まで？"}, reference="30日"
    )
    assert again.inputs[1].message == "hello {x}"


@pytest.mark.parametrize("id_", ["01920000-0000-7000-8000-000000000001", "nonsense", ""])
def test_what_is_not_there_is_told(store: Store, id_: str) -> None:
    with pytest.raises(NotFound):
        store.comparisons.get(id_)


def test_title_and_blindness_change_and_the_rest_stays(store: Store) -> None:
    made = create(store, blind=True)
    store.comparisons.rename(made.id, "Voice", actor="bob")
    store.comparisons.set_blind(made.id, False, actor="bob")
    store.comparisons.rename(made.id, "声", actor="bob")
    again = store.comparisons.get(made.id)
    assert (again.title, again.blind) == ("声", False)
    assert (again.candidates, again.inputs) == (made.candidates, made.inputs)


def test_the_bin_gives_back(store: Store, clock: Clock) -> None:
    made = create(store)
    clock.forward(hours=1)
    store.comparisons.delete(made.id, actor="bob")
    assert store.comparisons.latest() == []
    (line,) = store.comparisons.latest(deleted=True)
    assert line.deleted_at == store.comparisons.get(made.id).deleted_at == clock()
    store.comparisons.restore(made.id, actor="bob")
    assert [one.id for one in store.comparisons.latest()] == [made.id]
    assert store.comparisons.latest(deleted=True) == []
    assert store.comparisons.get(made.id).deleted_at is None


def test_a_change_needs_an_id(store: Store) -> None:
    with pytest.raises(InvalidInput):
        store.comparisons.rename("x", "y", actor="ada")


def test_the_list_is_newest_first_and_cut(store: Store) -> None:
    titles = [create(store, f"number {number}").title for number in range(4)]
    assert [line.title for line in store.comparisons.latest()] == titles[::-1]
    assert [line.title for line in store.comparisons.latest(2)] == titles[:1:-1]


def test_a_line_counts_what_each_cell_came_to_last(store: Store) -> None:
    made = create(store, repeats=2)
    other = create(store, "other")
    run_of(store, made, "i1/c1/1", cost_usd=0.25)
    run_of(store, made, "i1/c1/1", cost_usd=0.25)
    run_of(store, made, "i1/c2/1", "truncated", cost_usd=None)
    run_of(store, made, "i2/c1/1", cost_usd=0.25)
    run_of(store, made, "i2/c1/1", "rate_limited", cost_usd=None)
    run_of(store, made, "i2/c2/1", cost_usd=0.25)
    store.comparisons.add_problem(made.id, CellKey("i2", "c2", 1), PROBLEM).result()
    settle(store, group_id=made.id)  # of no cell
    store.memos.write("comparison", made.id, "old", actor="ada")
    store.memos.write("comparison", made.id, "for the 会議", actor="ada")
    unrun, line = store.comparisons.latest()
    assert (line.candidates, line.inputs, line.repeats, line.cells) == (("丁寧", "plain"), 2, 2, 8)
    assert (line.answered, line.cost_usd, line.memo) == (2, 1.0, "for the 会議")
    # "No data" is not zero.
    assert (unrun.id, unrun.answered, unrun.cost_usd) == (other.id, 0, None)


def test_the_newest_problem_of_a_cell_holds(store: Store) -> None:
    made = create(store)
    key = CellKey("i1", "c1", 1)
    newer = CellProblem("over_budget", "The cap of {cap} is reached.", {"cap": "1 \ud800"})
    store.comparisons.add_problem(made.id, key, PROBLEM).result()
    store.comparisons.add_problem(made.id, key, newer).result()
    store.comparisons.add_problem(made.id, CellKey("i1", "c2", 1), PROBLEM).result()
    found = {cell: problem for cell, (_, problem) in store.comparisons.problems(made.id).items()}
    assert found[key].code == "over_budget"
    assert found[CellKey("i1", "c2", 1)] == PROBLEM
    assert store.comparisons.problems(create(store).id) == {}


def test_finished_are_the_runs_of_a_job_that_came_to_an_end(store: Store) -> None:
    made = create(store)
    first = run_of(store, made, "i1/c1/1", job_id="j1")
    newer = run_of(store, made, "i1/c1/1", "blocked", job_id="j1")
    run_of(store, made, "i1/c2/1", "unknown", job_id="j1")
    run_of(store, made, "i2/c1/1", "cancelled", job_id="j1")
    run_of(store, made, "i2/c2/1", job_id="j2")
    settle(store, group_id=made.id, job_id="j1")
    assert store.comparisons.finished(made.id, "j1") == {"i1/c1/1": (newer, "blocked")}
    assert first != newer


# -- verdicts --


def judge(store: Store, made: Comparison, left: str, right: str, choice: Any, **named: Any) -> None:
    chosen = {"actor": "ada", "input_key": "i1", **named}
    row = chosen.pop("input_key")
    store.comparisons.add_verdict(made.id, row, left, right, choice, **chosen)


def test_a_verdict_keeps_how_it_was_shown(store: Store) -> None:
    made = create(store)
    judge(store, made, "c2", "c1", "slightly_left", blind=True, reasons=["tone", "長さ"], memo="m")
    (verdict,) = store.comparisons.verdicts(made.id)
    assert (verdict.left, verdict.right, verdict.choice) == ("c2", "c1", "slightly_left")
    assert (verdict.blind, verdict.reasons, verdict.memo) == (True, ("tone", "長さ"), "m")
    assert (verdict.comparison_id, verdict.input_key, verdict.created_by) == (made.id, "i1", "ada")


def test_the_newest_of_a_person_and_pair_holds_whichever_way_it_was_shown(store: Store) -> None:
    made = create(store)
    judge(store, made, "c1", "c2", "left")
    judge(store, made, "c1", "c2", "same", actor="bob")
    judge(store, made, "c1", "c2", "both_bad", input_key="i2")
    judge(store, made, "c2", "c1", "left")
    assert [
        (v.created_by, v.input_key, v.left, v.choice) for v in store.comparisons.verdicts(made.id)
    ] == [
        ("bob", "i1", "c1", "same"),
        ("ada", "i2", "c1", "both_bad"),
        ("ada", "i1", "c2", "left"),
    ]
    assert [v.choice for v in store.comparisons.verdicts(made.id, "bob")] == ["same"]
    assert store.comparisons.latest()[0].verdicts == 3


def test_a_withdrawal_takes_back_and_can_be_followed_by_another(store: Store) -> None:
    made = create(store)
    judge(store, made, "c1", "c2", "left")
    judge(store, made, "c1", "c2", "same", actor="bob")
    judge(store, made, "c2", "c1", None)
    assert [v.created_by for v in store.comparisons.verdicts(made.id)] == ["bob"]
    assert store.comparisons.latest()[0].verdicts == 1
    judge(store, made, "c1", "c2", "right")
    assert [v.choice for v in store.comparisons.verdicts(made.id, "ada")] == ["right"]
