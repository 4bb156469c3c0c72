"""Rounds made from an evaluation: judges against people, estimates, the leaderboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from core.access import Access
from core.config import AccessSection
from core.datasets.datasets import Datasets
from core.evaluation import wiring as evaluating
from core.evaluation.evaluations import Evaluations
from core.evaluation.leaderboard import entry_key
from core.evaluation.ppi import ppi_mean
from core.jobs import Jobs
from core.lifecycle.catalogue import Catalogue
from core.prompts.authoring import Authoring
from core.records.comparisons import Cell, ComparedInput, Comparison
from core.records.datasets import CaseSlice
from core.records.evaluations import Battle, Evaluation, Response, ScoredResponse
from core.records.leaderboard import MetricChoice
from core.records.metrics import MetricSpec, Score
from core.records.review import Handed, Judgement, ReviewRound, RoundSettings
from core.records.runs import Reply
from core.review import wiring
from core.review.reviews import Reviews
from core.store import Store
from tests.core.evaluation.boards import Scene
from tests.core.review.conftest import OWNER
from tests.core.store.conftest import settle

CASES = 80


class NoLoop:
    """Nothing runs."""

    def spawn(self, work: Any) -> Any:
        raise AssertionError("no job is started")


@dataclass
class Judged:
    """An evaluation of two candidates with answers, scores and battles."""

    scene: Scene
    evaluation: Evaluation
    evaluations: Evaluations
    reviews: Reviews
    scores: Sequence[float]
    battles: Sequence[str]

    def round(self, candidates: Sequence[str] = ("new",), **settings: Any) -> ReviewRound:
        values = {"title": "Triage", "kind": "single", "repeats": 0.0, **settings}
        draft = self.reviews.from_evaluation(
            self.evaluation.id, RoundSettings(**values), candidates
        )
        return self.reviews.create_round(draft, OWNER)

    def people_say(self, round_: ReviewRound, times: int) -> dict[str, float]:
        """People pass every second of three; by case what they said."""
        said = {}
        for _ in range(times):
            found = self.reviews.next_item(round_.id, OWNER)
            assert isinstance(found, Handed)
            number = int(found.fields["ticket"].split()[1])
            value = int(number % 3 != 0)
            judgement = Judgement(value=value, comment="wrong label" if not value else "")
            if round_.settings.kind == "pair":
                new_left = found.answers[0].startswith("new")
                judgement = Judgement(choice="left" if new_left == bool(value) else "right")
            self.reviews.verdict(round_.id, found.lease_id, judgement, OWNER)
            said[f"t{number:03}"] = float(value)
        self.reviews.close(round_.id, OWNER)
        return said


@pytest.fixture
def judged() -> Iterator[Judged]:
    store = Store.open(":memory:")
    scene = Scene(store, cases=CASES)
    old, new = scene.saved("old", "old", label="production"), scene.saved("new", "new")
    evaluation = scene.evaluation(
        [old, new], MetricSpec("exact_match"), MetricSpec("pairwise_text_quality")
    )
    for n in range(CASES):
        for key in ("old", "new"):
            run = settle(store, reply=Reply("ok", text=f"{key} answer {n}"))
            store.evaluations.record(evaluation.id, Response(f"t{n:03}", key, 0, run, "")).result()
    # The judge errs in every fifth case.
    scores = [float((n % 3 != 0) != (n % 5 == 0)) for n in range(CASES)]
    signature = scene.signature(evaluation, "exact_match")
    store.scores.record(
        [
            ScoredResponse(evaluation.id, f"t{n:03}", key, 0, "exact_match", signature,
                           Score(value, reason=f"because {n}"))
            for n, value in enumerate(scores)
            for key in ("old", "new")
        ]
    ).result()  # fmt: skip
    results = ["b" if value else "a" for value in scores]
    scene.battle(evaluation, "old", "new", results, name="pairwise_text_quality")  # type: ignore[arg-type]
    datasets, authoring = Datasets(store), Authoring(store)
    evaluations = evaluating.evaluations(
        store, datasets, authoring, Jobs(store.jobs, NoLoop(), {}), Catalogue([]), lambda _: 1,
        lambda: datetime.now(UTC), lambda _: None,
    )  # fmt: skip
    now = lambda: datetime.now(UTC)  # noqa: E731
    access = Access(AccessSection, now, sign_in=False)
    reviews = wiring.reviews(store, datasets, lambda: evaluations, access, now)
    yield Judged(scene, evaluation, evaluations, reviews, scores, results)
    store.close()


def test_reviewers_see_the_case_and_the_answer_and_no_candidate(judged: Judged) -> None:
    round_ = judged.round()
    found = judged.reviews.next_item(round_.id, OWNER)
    assert isinstance(found, Handed)
    assert set(found.fields) == {"ticket", "lang"} and found.answers[0].startswith("new answer")
    assert "because" not in repr(found) and "sandbox" not in repr(found)


def test_a_judge_is_held_against_people(judged: Judged) -> None:
    round_ = judged.round()
    said = judged.people_say(round_, 40)
    (found,) = judged.reviews.calibration(round_.id, OWNER)
    cases = sorted(said)
    human = ["pass" if said[case] else "fail" for case in cases]
    judge = ["pass" if judged.scores[int(case[1:])] else "fail" for case in cases]
    assert (found.metric, found.n, found.calibrated) == ("exact_match", 40, True)
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx(cohen_kappa_score(human, judge))
    assert found.spearman == pytest.approx(
        spearmanr([said[c] for c in cases], [judged.scores[int(c[1:])] for c in cases]).statistic
    )
    assert found.human_mean == pytest.approx(np.mean(list(said.values())))
    assert sum(map(sum, found.confusion.counts)) == 40 if found.confusion else False
    apart = {case for case, h, j in zip(cases, human, judge, strict=True) if h != j}
    assert {one.case_id for one in found.disagreements} == apart
    one = next(d for d in found.disagreements if d.human == "fail")
    assert one.human_comments == ("wrong label",)
    assert one.judge_reason == f"because {int(one.case_id[1:])}"


def test_few_labels_do_not_calibrate(judged: Judged) -> None:
    round_ = judged.round()
    judged.people_say(round_, 5)
    (found,) = judged.reviews.calibration(round_.id, OWNER)
    assert (found.n, found.calibrated) == (5, False)


def test_calibration_by_the_values_of_a_column(judged: Judged) -> None:
    round_ = judged.round()
    judged.people_say(round_, CASES)
    found = judged.reviews.calibration(round_.id, OWNER, "lang")
    assert [(one.slice, one.n) for one in found] == [("", 80), ("en", 40), ("ja", 40)]


def test_few_labels_and_many_scores_are_combined(judged: Judged) -> None:
    round_ = judged.round()
    said = judged.people_say(round_, 30)
    (found,) = judged.reviews.estimates(round_.id, OWNER)
    there = [judged.scores[int(case[1:])] for case in said]
    elsewhere = [v for n, v in enumerate(judged.scores) if f"t{n:03}" not in said]
    assert found.ppi == ppi_mean(list(said.values()), there, elsewhere)
    # The formula once more, from the paper.
    y, f, rest = map(np.asarray, (list(said.values()), there, elsewhere))
    pooled = np.concatenate([f, rest]).var(ddof=1)
    weight = np.cov(y, f)[0, 1] / ((1 + len(y) / len(rest)) * pooled)
    weight = float(np.clip(weight, 0, 1))
    assert found.ppi is not None
    assert found.ppi.value == pytest.approx(weight * rest.mean() + (y - weight * f).mean())
    assert found.ppi.weight == pytest.approx(weight) and found.usable
    assert found.ppi.gain > 1
    version, entry = (
        judged.evaluation.dataset_version_id,
        entry_key(judged.evaluation.candidates[1]),
    )
    ((closed, estimates),) = judged.reviews.estimates_on(version, OWNER)
    assert (closed.id, estimates) == (round_.id, [found])
    assert found.competitor.entry == entry


def test_only_the_random_sample_estimates(judged: Judged) -> None:
    asked: dict[str, Any] = {"kind": "pair", "order": "outputs_differ", "most": 40}
    round_ = judged.round(("old", "new"), **asked)
    judged.people_say(round_, 40)
    (found,) = judged.reviews.estimates(round_.id, OWNER)
    assert found.ppi is not None
    assert (found.ppi.labelled, found.ppi.judged, found.competitor.key) == (8, 72, "new")


def test_a_judge_of_pairs_is_held_against_people(judged: Judged) -> None:
    round_ = judged.round(("old", "new"), kind="pair")
    said = judged.people_say(round_, 40)
    (found,) = judged.reviews.calibration(round_.id, OWNER)
    human = ["second" if value else "first" for value in said.values()]
    judge = ["second" if judged.battles[int(c[1:])] == "b" else "first" for c in said]
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx(cohen_kappa_score(human, judge))
    assert found.spearman is None


def test_closed_rounds_move_the_leaderboard(judged: Judged) -> None:
    round_ = judged.round(("old", "new"), kind="pair", order="judges_disagree")
    version = judged.evaluation.dataset_version_id
    store, datasets = judged.scene.store, Datasets(judged.scene.store)
    board = evaluating.leaderboard(
        store, datasets, Authoring(store), verdicts=judged.reviews.battles
    )
    people = MetricChoice("verdicts", "")
    assert people not in board.choices()[0].metrics
    said = judged.people_say(round_, CASES)
    assert people in board.choices()[0].metrics
    (found,) = board.boards(version, people).boards
    assert [line.entry.title for line in found.lines] == ["new v1", "old v1"]
    assert found.lines[0].contrast is not None
    assert found.lines[0].contrast.better == sum(map(int, said.values()))
    judged.reviews.reopen(round_.id, OWNER)
    assert judged.reviews.battles(version) == []


def test_verdicts_are_battles_of_leaderboard_entries(judged: Judged) -> None:
    round_ = judged.round(("old", "new"), kind="pair", most=1)
    said = judged.people_say(round_, 1)
    ((case, value),) = said.items()
    old, new = (entry_key(one) for one in judged.evaluation.candidates)
    assert judged.reviews.battles(judged.evaluation.dataset_version_id) == [
        Battle(case, old, new, "b" if value else "a", "owner")
    ]


def test_a_round_may_be_of_some_cases(judged: Judged) -> None:
    asked = RoundSettings("Japanese", "pair")
    draft = judged.reviews.from_evaluation(
        judged.evaluation.id, asked, ("old", "new"), CaseSlice(equals={"lang": "ja"})
    )
    assert {item.fields["lang"] for item in draft.items} == {"ja"} and len(draft.items) == 40


def test_two_single_candidates_can_be_stopped_by_their_difference(judged: Judged) -> None:
    round_ = judged.round(("old", "new"))
    assert round_.items == 2 * CASES
    stop = judged.reviews.progress(round_.id, OWNER).stop
    assert stop is not None and (stop.reviewed, stop.total) == (0, CASES)


# -- other sources --


def test_a_comparison_becomes_a_round(judged: Judged) -> None:
    store = judged.scene.store
    candidates = judged.evaluation.candidates
    rows = (ComparedInput("r1", "one", {"x": "1"}, reference="ref"),
            ComparedInput("r2", "two", {}, message="hi"))  # fmt: skip
    comparison = Comparison("c", "Grid", candidates, rows, 1, True, 1, datetime.now(UTC), "ada")
    cells = []
    for row, key, repeat in (
        ("r1", "old", 1),
        ("r1", "new", 2),
        ("r1", "new", 1),
        ("r2", "old", 1),
    ):
        run = store.runs.get(settle(store, reply=Reply("ok", text=f"{key} {repeat}")))
        cells.append(Cell(row, key, repeat, run.id, run))
    pair = judged.reviews.from_comparison(
        comparison, cells, RoundSettings("t", "pair"), ("old", "new")
    )
    (item,) = pair.items
    assert ([one.text for one in item.answers], item.fields, item.reference) == (
        ["old 1", "new 1"], {"x": "1"}, "ref",
    )  # fmt: skip
    single = judged.reviews.from_comparison(
        comparison, cells, RoundSettings("t", "single"), ("old",)
    )
    assert [item.fields for item in single.items] == [{"x": "1"}, {"input": "hi"}]


def test_a_comparison_of_dataset_cases_is_about_those_cases(judged: Judged) -> None:
    candidates = judged.evaluation.candidates
    rows = tuple(ComparedInput(f"r{n}", "", {"x": "1"}, dataset_version_id="v", case_id=f"case{n}")
                 for n in range(2))  # fmt: skip
    run = judged.scene.store.runs.get(settle(judged.scene.store, reply=Reply("ok", text="a")))
    cells = [Cell(row.key, "old", 1, run.id, run) for row in rows]
    grid = Comparison("c", "Grid", candidates, rows, 1, False, 1, datetime.now(UTC), "ada")
    asked = RoundSettings("t", "single")
    draft = judged.reviews.from_comparison(grid, cells, asked, ("old",))
    assert draft.source.dataset_version_id == "v"
    assert [item.case_id for item in draft.items] == ["case0", "case1"]
    # One row that is no case, and the round is about no dataset.
    mixed = replace(grid, inputs=(rows[0], ComparedInput("r1", "", message="hi")))
    draft = judged.reviews.from_comparison(mixed, cells, asked, ("old",))
    assert draft.source.dataset_version_id is None
    assert [item.case_id for item in draft.items] == ["r0", "r1"]


def test_runs_of_the_history_become_a_round(judged: Judged) -> None:
    store = judged.scene.store
    good = settle(store, reply=Reply("ok", text="fine"), values={"ticket": "broken"})
    failed = settle(store, reply=Reply("blocked"))
    draft = judged.reviews.from_runs([good, failed], RoundSettings("t", "single"))
    (item,) = draft.items
    assert (item.answers[0].text, item.fields) == ("fine", {"ticket": "broken"})
