"""Verdicts given in comparisons, on the leaderboard of the dataset whose cases were compared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.comparison.inputs import of_cases
from core.datasets.datasets import Datasets
from core.evaluation.human_verdicts import human_verdicts
from core.evaluation.leaderboard import entry_key
from core.evaluation.wiring import leaderboard
from core.prompts.authoring import Authoring
from core.records.comparisons import Candidate, Choice, ComparedInput, Comparison
from core.records.leaderboard import MetricChoice
from core.store import Store
from tests.core.evaluation.boards import Scene, passes

PEOPLE = MetricChoice("verdicts", "")


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store.open(":memory:")
    yield store
    store.close()


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store, cases=8)


def compared(scene: Scene, a: Candidate, b: Candidate, *rows: ComparedInput) -> Comparison:
    """A comparison on all cases of the scene, or on these rows."""
    cases = Datasets(scene.store).cases(scene.version.id)
    found = rows or of_cases(scene.version.id, cases, [a.spec, b.spec])
    keyed = [ComparedInput(f"i{n}", one.title, one.values, one.message, one.reference,
                           one.dataset_version_id, one.case_id)
             for n, one in enumerate(found)]  # fmt: skip
    return scene.store.comparisons.create("t", [a, b], keyed, actor="ada")


def judge(scene: Scene, comparison: Comparison, *choices: Choice, actor: str = "ada") -> None:
    a, b = (one.key for one in comparison.candidates)
    for row, choice in zip(comparison.inputs, choices, strict=False):
        scene.store.comparisons.add_verdict(comparison.id, row.key, a, b, choice, actor=actor)


def test_cases_are_rows_that_know_where_they_are_from(scene: Scene) -> None:
    old = scene.saved("old", "Triage this.")
    (first, *_rest) = compared(scene, old, scene.saved("new", "Do.")).inputs
    assert (first.dataset_version_id, first.case_id) == (scene.version.id, "t000")
    assert (dict(first.values), first.reference) == ({"ticket": "text 0"}, "high")


def test_peoples_verdicts_are_a_board_of_their_own(scene: Scene) -> None:
    old = scene.saved("old", "Triage this.", label="production")
    new = scene.saved("new", "Triage this well.")
    evaluation = scene.evaluation([old, new])
    scene.score(evaluation, {"old": passes((0.0, 8)), "new": passes((1.0, 8))})
    judge(scene, compared(scene, old, new), "right", "slightly_right", "same", "both_bad", "left",
          "right", "right", "right")  # fmt: skip
    found = leaderboard(scene.store, Datasets(scene.store), Authoring(scene.store))
    assert PEOPLE in found.choices()[0].metrics
    (board,) = found.boards(scene.version.id, PEOPLE).boards
    assert (board.cases, board.judge) == (8, "ada")
    contrast = next(one.contrast for one in board.lines if one.entry.title == "new v1")
    assert contrast is not None
    assert (contrast.better, contrast.worse, contrast.n) == (5, 1, 8)


def test_verdicts_of_two_people_and_taken_back_ones(scene: Scene) -> None:
    old, new = scene.saved("old", "One."), scene.saved("new", "Two.")
    comparison = compared(scene, old, new)
    judge(scene, comparison, "left", "left")
    judge(scene, comparison, "right", actor="bob")
    scene.store.comparisons.add_verdict(comparison.id, "i1", "old", "new", None, actor="ada")
    found = human_verdicts(scene.store, scene.version.id)
    assert [(one.case_id, one.result, one.judged_by) for one in found] == [
        ("t000", "a", "ada"), ("t000", "b", "bob"),
    ]  # fmt: skip
    assert {(one.a, one.b) for one in found} == {(entry_key(old), entry_key(new))}


def test_what_is_covered_deleted_or_no_case_tells_nothing(scene: Scene) -> None:
    old, new = scene.saved("old", "One."), scene.saved("new", "Two.")
    typed = compared(scene, old, new, ComparedInput("", "typed", {"ticket": "text 0"}))
    covered, deleted = compared(scene, old, new), compared(scene, old, new)
    for one in (typed, covered, deleted):
        judge(scene, one, "left", "right")
    scene.store.comparisons.set_blind(covered.id, True, actor="ada")
    scene.store.comparisons.delete(deleted.id, actor="ada")
    assert human_verdicts(scene.store, scene.version.id) == []
    scene.store.comparisons.set_blind(covered.id, False, actor="ada")
    assert len(human_verdicts(scene.store, scene.version.id)) == 2
    assert human_verdicts(scene.store, "no such version") == []
