from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from core.datasets.datasets import Datasets
from core.evaluation.board import Board, Line
from core.evaluation.leaderboard import Leaderboard, entry_key
from core.evaluation.sentences import sentences
from core.evaluation.wiring import materials
from core.prompts.authoring import Authoring
from core.records.comparisons import Candidate
from core.records.datasets import CaseSlice
from core.records.evaluations import Battle
from core.records.leaderboard import MetricChoice
from core.records.metrics import MetricSpec
from core.store import Store
from tests.core.evaluation.boards import JUDGE, PRO, Scene, passes

EXACT = MetricChoice("scores", "exact_match")


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store.open(":memory:")
    yield store
    store.close()


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def leaderboard(store: Store, *verdicts: Battle) -> Leaderboard:
    datasets = Datasets(store)
    return Leaderboard(
        store, datasets, materials(store, datasets, Authoring(store)), lambda version_id: verdicts
    )


def only(scene: Scene, choice: MetricChoice = EXACT, **about: object) -> Board:
    found = leaderboard(scene.store).boards(scene.version.id, choice, **about)  # type: ignore[arg-type]
    assert len(found.boards) == 1
    return found.boards[0]


def line(board: Board, title: str) -> Line:
    return next(one for one in board.lines if one.entry.title == title)


def two(scene: Scene) -> tuple[Board, Line]:
    """B better than production in 31 of 50 cases and worse in 9."""
    old = scene.saved("old", "Triage this.", label="production")
    new = scene.saved("new", "Triage this well.")
    evaluation = scene.evaluation([old, new])
    scene.score(evaluation, {"old": passes((0.0, 31), (1.0, 19)),
                             "new": passes((1.0, 31), (0.0, 9), (1.0, 10))})  # fmt: skip
    board = only(scene)
    return board, line(board, "new v1")


def test_pass_rates_carry_wilsons_interval(scene: Scene) -> None:
    _board, new = two(scene)
    assert new.interval is not None
    assert (new.interval.low, new.interval.high) == pytest.approx(
        proportion_confint(41, 50, method="wilson")
    )
    assert (new.interval.value, new.interval.n, new.scored, new.errors) == (41 / 50, 50, 50, 0)


def test_the_sentence_agrees_with_statsmodels(scene: Scene) -> None:
    board, new = two(scene)
    assert board.baseline is not None and board.baseline.title == "old v1"
    assert new.contrast is not None
    oracle = mcnemar([[10, 31], [9, 0]], exact=True)
    assert new.contrast.p_value == pytest.approx(oracle.pvalue)
    assert oracle.pvalue < 0.05
    (said,) = sentences(new.contrast, "old", "new", board.info.scale)
    assert said.words(str) == (
        "new is better than old in 31 of 50 cases, worse in 9; unlikely to be luck "
        "(95 %: +20 to +63 points)."
    )


def test_cases_that_belong_together_are_one_piece_of_evidence(scene: Scene) -> None:
    board, new = two(scene)
    clustered = only(scene, cluster="lang")
    wide = line(clustered, "new v1")
    assert (board.cluster, clustered.cluster) == ("", "lang")
    assert new.interval is not None and wide.interval is not None
    assert (wide.interval.value, wide.interval.n) == (new.interval.value, new.interval.n)
    assert new.contrast is not None and wide.contrast is not None
    assert wide.contrast.difference == pytest.approx(new.contrast.difference)
    # Two languages that say the same, by their signs; t on one degree of freedom for the interval.
    gaps = np.array([1.0] * 31 + [-1.0] * 9 + [0.0] * 10)
    fitted = OLS(gaps, np.ones(50)).fit(
        cov_type="cluster", cov_kwds={"groups": np.arange(50) % 2, "use_correction": False}
    )
    half = stats.t.ppf(0.975, 1) * float(fitted.bse[0]) * 2**0.5
    assert (wide.contrast.p_value, wide.contrast.verdict) == (0.5, "not_shown")
    assert wide.contrast.high == pytest.approx(gaps.mean() + half)
    assert wide.contrast.low == pytest.approx(min(0.0, gaps.mean() - half))
    # Nothing belongs together by a column in which every case has its own value.
    alone = line(only(scene, cluster="ticket"), "new v1")
    assert (alone.interval, alone.contrast, alone.place) == (
        new.interval, new.contrast, new.place
    )  # fmt: skip


def test_battles_of_cases_that_belong_together_are_drawn_together(scene: Scene) -> None:
    one, other = scene.saved("one", "one", label="production"), scene.saved("other", "other")
    metric = MetricSpec("pairwise_text_quality", {"judge": JUDGE})
    evaluation = scene.evaluation([one, other], metric)
    scene.battle(evaluation, "one", "other", ["b", "a", "b", "b"] * 10)
    choice = MetricChoice("battles", "pairwise_text_quality")
    plain, clustered = (line(only(scene, choice, cluster=c), "other v1") for c in ("", "lang"))
    assert plain.interval is not None and clustered.interval is not None
    assert (plain.interval.n, clustered.interval.n) == (40, 40)
    assert clustered.interval.value == pytest.approx(plain.interval.value)
    assert clustered.interval.low < plain.interval.low < plain.interval.value
    assert clustered.contrast is not None and clustered.contrast.verdict == "not_shown"


def test_places_are_shared_unless_a_difference_is_shown(scene: Scene) -> None:
    names = {"best": 46, "good": 43, "poor": 10}
    candidates = [scene.saved(name, name) for name in names]
    evaluation = scene.evaluation(candidates)
    scene.score(evaluation, {n: passes((1.0, k), (0.0, 50 - k)) for n, k in names.items()})
    board = only(scene)
    assert [(one.entry.title, one.place) for one in board.lines] == [
        ("best v1", 1),
        ("good v1", 1),
        ("poor v1", 3),
    ]


def test_comparisons_with_production_are_adjusted_together(scene: Scene) -> None:
    base = scene.saved("base", "base", label="production")
    others = {"p": 34, "q": 33, "r": 25}
    evaluation = scene.evaluation([base, *(scene.saved(name, name) for name in others)])
    values = {name: passes((1.0, k), (0.0, 50 - k)) for name, k in others.items()}
    scene.score(evaluation, {"base": passes((1.0, 25), (0.0, 25)), **values})
    board = only(scene)
    contrasts = [line(board, f"{name} v1").contrast for name in others]
    raw = [stats.binomtest(0, k - 25).pvalue if k > 25 else 1.0 for k in others.values()]
    assert [one.p_value for one in contrasts if one] == pytest.approx(raw)
    assert [one.p_adjusted for one in contrasts if one] == pytest.approx(
        list(multipletests(raw, method="holm")[1])
    )
    assert line(board, "base v1").contrast is None


def test_too_many_errors_win_nothing(scene: Scene) -> None:
    old = scene.saved("old", "old", label="production")
    new = scene.saved("new", "new")
    evaluation = scene.evaluation([old, new])
    scene.score(evaluation, {"old": passes((0.0, 50)), "new": passes((1.0, 48), (None, 2))})
    board = only(scene)
    found = line(board, "new v1")
    assert found.incomplete and found.place is None
    assert found.interval is not None and found.interval.value == 1.0
    assert found.contrast is not None and found.contrast.verdict == "incomplete"
    assert line(board, "old v1").place == 1
    (said,) = sentences(found.contrast, "old", "new", "share", found.errors)
    assert said.words(str).startswith("Incomplete because of the service: 2 errors.")


def test_answers_of_the_same_candidate_in_two_evaluations_are_one_line(scene: Scene) -> None:
    same = scene.saved("same", "same")
    for value in (1.0, 0.0):
        scene.score(scene.evaluation([same]), {"same": passes((value, 50))})
    board = only(scene)
    (found,) = board.lines
    assert found.interval is not None
    assert (found.interval.value, found.interval.n, found.scored) == (0.5, 50, 100)


def test_scores_of_other_signatures_are_another_board(scene: Scene) -> None:
    one = scene.saved("one", "one")
    strict = MetricSpec("exact_match", {"ignore_case": False})
    loose = MetricSpec("exact_match", {"ignore_case": True})
    for spec, value in ((strict, 0.0), (loose, 1.0)):
        scene.score(scene.evaluation([one], spec), {"one": passes((value, 50))})
    found = leaderboard(scene.store).boards(scene.version.id, EXACT)
    assert [board.lines[0].interval.value for board in found.boards] == [1.0, 0.0]  # type: ignore[union-attr]
    assert len({board.info.signature for board in found.boards}) == 2


def test_a_judge_that_became_another_model_is_not_mixed(scene: Scene) -> None:
    one = scene.saved("one", "one")
    metric = MetricSpec("coherence", {"judge": JUDGE})
    for served, value in (("sandbox-pro-2", 5.0), ("sandbox-pro-3", 2.0)):
        scene.score(scene.evaluation([one], metric), {"one": passes((value, 49), (None, 1))},
                    judge=JUDGE, served=served)  # fmt: skip
    found = leaderboard(scene.store).boards(scene.version.id, MetricChoice("scores", "coherence"))
    assert [
        (board.judge_served, board.lines[0].interval.value, board.lines[0].scored)  # type: ignore[union-attr]
        for board in found.boards
    ] == [("sandbox-pro-3", 2.0, 49), ("sandbox-pro-2", 5.0, 49)]


def test_a_slice_counts_its_cases_only(scene: Scene) -> None:
    one = scene.saved("one", "one")
    scene.score(scene.evaluation([one]), {"one": [1.0, 0.0] * 25})
    board = only(scene, which=CaseSlice(equals={"lang": "en"}))
    assert board.cases == 25
    assert board.lines[0].interval is not None and board.lines[0].interval.value == 1.0


def test_repeats_of_a_case_count_once(scene: Scene) -> None:
    one = scene.saved("one", "one")
    evaluation = scene.evaluation([one], repeats=3)
    for repeat in range(3):
        scene.score(evaluation, {"one": passes((1.0, 25), (0.0, 25))}, repeat=repeat)
    (found,) = only(scene).lines
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx(
        proportion_confint(25, 50, method="wilson")
    )


def test_cost_and_latency_are_of_the_answers(scene: Scene) -> None:
    one = scene.saved("one", "one")
    scene.score(scene.evaluation([one]), {"one": passes((1.0, 50))}, cost=0.002, ms=100.0)
    answered = only(scene).lines[0].answered
    assert answered.usd_per_1000 == pytest.approx(2.0)
    assert (answered.p50_ms, answered.p95_ms) == pytest.approx((124.5, 146.55))


def test_an_edited_version_is_not_that_version(scene: Scene) -> None:
    saved = scene.saved("one", "one", label="production")
    edited = Candidate(
        "edited", "one, edited", replace(saved.spec, system="Be brief."),
        saved.model, saved.prompt_id, saved.version_id,
    )  # fmt: skip
    scene.score(scene.evaluation([saved, edited]), {"one": [1.0] * 50, "edited": [1.0] * 50})
    board = only(scene)
    assert {(one.entry.title, one.entry.production) for one in board.lines} == {
        ("one v1", True),
        ("one, edited", False),
    }


def test_a_model_is_part_of_who_competes(scene: Scene) -> None:
    flash = scene.saved("one", "one")
    pro = Candidate("pro", "one", flash.spec, PRO, flash.prompt_id, flash.version_id)
    scene.score(scene.evaluation([flash, pro]), {"one": [1.0] * 50, "pro": [1.0] * 50})
    assert sorted(one.entry.model for one in only(scene).lines) == [flash.model, PRO]


def test_battles_of_a_judge_make_a_board(scene: Scene) -> None:
    old = scene.saved("old", "old", label="production")
    new = scene.saved("new", "new")
    evaluation = scene.evaluation(
        [old, new], scene.metric, MetricSpec("pairwise_text_quality", {"judge": JUDGE})
    )
    scene.battle(evaluation, "old", "new", ["b"] * 40 + ["a"] * 5 + ["tie"] * 5)
    board = only(scene, MetricChoice("battles", "pairwise_text_quality"))
    assert [(one.entry.title, one.place) for one in board.lines] == [("new v1", 1), ("old v1", 2)]
    best = board.lines[0]
    assert best.interval is not None and best.interval.low > 0.5
    assert best.contrast is not None
    assert (best.contrast.better, best.contrast.worse, best.contrast.same) == (40, 5, 5)
    assert best.contrast.verdict == "better"


def test_a_judge_that_contradicts_itself_is_told(scene: Scene) -> None:
    old, new = scene.saved("old", "old"), scene.saved("new", "new")
    evaluation = scene.evaluation(
        [old, new], scene.metric, MetricSpec("pairwise_text_quality", {"judge": JUDGE})
    )
    scene.battle(evaluation, "old", "new", ["b"] * 30 + ["tie"] * 10, inconsistent=10)
    board = only(scene, MetricChoice("battles", "pairwise_text_quality"))
    assert board.consistency == 0.75


def test_battles_that_failed_win_nothing(scene: Scene) -> None:
    old = scene.saved("old", "old", label="production")
    new = scene.saved("new", "new")
    evaluation = scene.evaluation(
        [old, new], scene.metric, MetricSpec("pairwise_text_quality", {"judge": JUDGE})
    )
    scene.battle(evaluation, "old", "new", ["b"] * 40 + [None] * 10)
    board = only(scene, MetricChoice("battles", "pairwise_text_quality"))
    assert [one.place for one in board.lines] == [None, None]
    assert {one.errors for one in board.lines} == {10}


def test_verdicts_of_people_stand_apart(scene: Scene) -> None:
    old = scene.saved("old", "old", label="production")
    new = scene.saved("new", "new")
    scene.score(scene.evaluation([old, new]), {"old": [1.0] * 50, "new": [1.0] * 50})
    verdicts = [Battle(f"t{n:03}", entry_key(old), entry_key(new), "b", "mika") for n in range(20)]
    board = leaderboard(scene.store, *verdicts)
    (choice,) = board.choices()
    assert choice.metrics == [EXACT, MetricChoice("verdicts", "")]
    (found,) = board.boards(scene.version.id, MetricChoice("verdicts", "")).boards
    assert [one.entry.title for one in found.lines] == ["new v1", "old v1"]
    assert [one.place for one in found.lines] == [1, 2]


def test_choices_name_datasets_and_their_metrics(scene: Scene) -> None:
    board = leaderboard(scene.store)
    assert board.choices() == []
    one = scene.saved("one", "one")
    scene.score(scene.evaluation([one]), {"one": [1.0] * 50})
    (choice,) = board.choices()
    assert (choice.dataset, choice.version, choice.metrics) == ("Tickets", 1, [EXACT])


def test_scores_outlive_the_metrics_that_were_chosen(scene: Scene) -> None:
    one, two_ = scene.saved("one", "one"), scene.saved("two", "two")
    evaluation = scene.evaluation([one, two_], MetricSpec("latency_ms"))
    scene.score(evaluation, {"one": [2_000.0] * 50, "two": [900.0] * 25 + [950.0] * 25})
    scene.store.evaluations.change(evaluation.id, metrics=[MetricSpec("exact_match")], actor="ada")
    board = only(scene, MetricChoice("scores", "latency_ms"))
    assert [line.entry.title for line in board.lines] == ["two v1", "one v1"]


def test_a_deleted_evaluation_is_gone(scene: Scene) -> None:
    one = scene.saved("one", "one")
    evaluation = scene.evaluation([one])
    scene.score(evaluation, {"one": [1.0] * 50})
    scene.store.evaluations.change(evaluation.id, deleted=True, actor="ada")
    assert leaderboard(scene.store).choices() == []


def test_the_order_in_which_scores_arrive_changes_nothing(scene: Scene) -> None:
    candidates = [scene.saved(name, name) for name in ("a", "b")]
    evaluation = scene.evaluation(candidates)
    values = {"a": [1.0, 0.0, 1.0, 1.0], "b": [0.0, 0.0, 1.0, 0.0]}
    scene.score(evaluation, values)
    other = Scene(Store.open(":memory:"))
    again = other.evaluation([other.saved(name, name) for name in ("b", "a")])
    other.score(again, {"b": values["b"]})
    other.score(again, {"a": values["a"]})
    one, two_ = only(scene), only(other)
    assert [(x.entry.key, x.place, x.interval) for x in one.lines] == [
        (x.entry.key, x.place, x.interval) for x in two_.lines
    ]
    other.store.close()
