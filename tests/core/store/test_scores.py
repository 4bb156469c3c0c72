from __future__ import annotations

import math

import pytest

from core.records.evaluations import AnswerKey, ScoredResponse, ScoreLine
from core.records.metrics import Score
from core.store import Store
from core.store.scores import case_hash

ONE = "019ab000-0000-7000-8000-000000000001"
TWO = "019ab000-0000-7000-8000-000000000002"


def scored(
    case: str,
    value: float | None,
    *,
    candidate: str = "a",
    repeat: int = 0,
    evaluation: str = ONE,
    signature: str = "exact|v1",
    status: str = "ok",
    **about: object,
) -> ScoredResponse:
    score = Score(value, status, **about)  # type: ignore[arg-type]
    return ScoredResponse(evaluation, case, candidate, repeat, "exact_match", signature, score)


def test_a_score_comes_back_whole(store: Store) -> None:
    kept = [
        scored("案件 1", 1.0, reason="同じ", details={"label": "高"}),
        scored("案件 2", None, status="error", reason="timed_out"),
        scored("案件 3", None, status="not_applicable"),
    ]
    store.scores.record(kept).result()
    assert list(store.scores.of_cases(ONE, ["案件 1", "案件 2", "案件 3", "?"])) == kept
    assert list(store.scores.of_cases(TWO, ["案件 1"])) == []


def test_lines_and_keys_are_of_one_evaluation(store: Store) -> None:
    store.scores.record([scored("c1", 0.5), scored("c1", 0.25, evaluation=TWO)]).result()
    assert list(store.scores.lines(ONE)) == [ScoreLine("c1", "a", "exact|v1", 0.5, "ok")]
    assert store.scores.keys(ONE) == {(AnswerKey("c1", "a", 0), "exact|v1")}


def test_the_first_score_of_an_answer_stays(store: Store) -> None:
    store.scores.record([scored("c1", 1.0), scored("c1", 0.0)]).result()
    store.scores.record([scored("c1", 0.0), scored("c2", 0.0)]).result()
    assert [(line.case_id, line.value) for line in store.scores.lines(ONE)] == [
        ("c1", 1.0),
        ("c2", 0.0),
    ]


def test_a_store_opened_again_knows_what_is_there(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for value in (1.0, 0.0):
        store = Store.open(tmp_path / "w.duckdb")
        store.scores.record([scored("c1", value), scored("c1", value, candidate="b")]).result()
        lines = store.scores.lines(ONE)
        series = store.scores.series([ONE])
        store.close()
        assert [line.value for line in lines] == [1.0, 1.0]
        assert [row.number for row in series] == [0, 1]


def test_forgotten_errors_can_be_scored_again(store: Store) -> None:
    store.scores.record(
        [scored("c1", None, status="error", reason="503"), scored("c2", 1.0)]
    ).result()
    store.scores.forget_errors(ONE)
    assert store.scores.keys(ONE) == {(AnswerKey("c2", "a", 0), "exact|v1")}
    store.scores.record([scored("c1", 0.0, reason="now")]).result()
    assert [one.score.reason for one in store.scores.of_cases(ONE, ["c1"])] == ["now"]


def test_forgetting_leaves_other_evaluations_alone(store: Store) -> None:
    store.scores.record([scored("c1", 1.0), scored("c1", 1.0, evaluation=TWO)]).result()
    store.scores.forget(ONE)
    assert not store.scores.lines(ONE)
    assert len(store.scores.lines(TWO)) == 1


def test_answers_to_a_case_are_averaged_over_grouped_series(store: Store) -> None:
    store.scores.record(
        [
            scored("c1", 1.0),
            scored("c1", 0.0, repeat=1),
            scored("c1", 1.0, evaluation=TWO),
            scored("c2", 0.5, candidate="b"),
            scored("c3", None, status="error"),
        ]
    ).result()
    number = {
        (row.series.evaluation_id, row.series.candidate): row.number
        for row in store.scores.series([ONE, TWO])
    }
    found = store.scores.case_means(
        [(number[ONE, "a"], 7), (number[TWO, "a"], 7), (number[ONE, "b"], 8)]
    )
    order = sorted(("c1", "c2", "c3"), key=case_hash)
    rows = {
        (int(g), order[int(c)]): (float(m), int(n), int(f))
        for g, c, m, n, f in zip(*found, strict=True)
    }
    assert rows[7, "c1"] == (pytest.approx(2 / 3), 3, 0)
    assert rows[8, "c2"] == (0.5, 1, 0)
    mean, answers, failed = rows[7, "c3"]
    assert math.isnan(mean) and (answers, failed) == (0, 1)


def test_means_of_chosen_cases_only(store: Store) -> None:
    store.scores.record([scored(f"c{n}", float(n)) for n in range(5)]).result()
    found = store.scores.case_means([(0, 0)], ["c2", "c4", "gone"])
    assert sorted(found.mean.tolist()) == [2.0, 4.0]


def test_no_groups_have_no_means(store: Store) -> None:
    store.scores.record([scored("c1", 1.0)]).result()
    assert store.scores.case_means([]).mean.size == 0
    assert list(store.scores.series([])) == []
