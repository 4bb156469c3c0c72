from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

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


def sums_of(store: Store, groups: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[float]]:
    """By group and case: total, answers, errors."""
    found: dict[tuple[int, int], list[float]] = {}
    for group, case, *figures in zip(*store.scores.case_sums(groups), strict=True):
        there = found.setdefault((int(group), int(case)), [0.0, 0, 0])
        for place, figure in enumerate(figures):
            there[place] += figure
    return found


def test_answers_to_a_case_are_summed_over_grouped_series(store: Store) -> None:
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
    groups = [(number[ONE, "a"], 7), (number[TWO, "a"], 7), (number[ONE, "b"], 8)]
    wanted = {
        (7, case_hash("c1")): [2.0, 3, 0],
        (8, case_hash("c2")): [0.5, 1, 0],
        (7, case_hash("c3")): [0.0, 0, 1],
    }
    assert sums_of(store, groups) == wanted
    store.scores.keep_sums(ONE)  # one evaluation summed, the other read as it is
    assert sums_of(store, groups) == wanted


def test_sums_of_chosen_cases_only(store: Store) -> None:
    store.scores.record([scored(f"c{n}", float(n)) for n in range(5)]).result()
    for _kept in range(2):
        found = store.scores.case_sums([(0, 0)], ["c2", "c4", "gone"])
        assert sorted(found.total.tolist()) == [2.0, 4.0]
        store.scores.keep_sums(ONE)


def test_scores_that_stand_apart_count_nowhere_also_where_sums_are_kept(store: Store) -> None:
    store.scores.record(
        [scored("c1", 1.0), scored("c1", 4.0, repeat=1), scored("c2", 8.0),
         scored("c1", 16.0, candidate="b")]
    ).result()  # fmt: skip
    number = {row.series.candidate: row.number for row in store.scores.series([ONE])}
    groups = [(number["a"], 0), (number["b"], 1)]
    apart = [(number["a"], case_hash("c1"), 1), (number["a"], case_hash("c2"), 0)]
    for _kept in range(2):
        found = store.scores.case_sums(groups, without=apart)
        assert sorted(zip(found.group.tolist(), found.total.tolist(), strict=True)) == [
            (0, 1.0), (1, 16.0)
        ]  # fmt: skip
        store.scores.keep_sums(ONE)


def test_no_groups_have_no_sums(store: Store) -> None:
    store.scores.record([scored("c1", 1.0)]).result()
    assert store.scores.case_sums([]).total.size == 0
    assert list(store.scores.series([])) == []


def test_kept_sums_are_what_the_leaderboard_reads(store: Store) -> None:
    store.scores.record([scored("c1", 1.0), scored("c1", 0.0, repeat=1)]).result()
    store.scores.keep_sums(ONE)
    store._handle.execute("update score_sums set total = 42", [])
    assert store.scores.case_sums([(0, 0)]).total.tolist() == [42.0]


def full_computation(store: Store, groups: Sequence[tuple[int, int]]) -> object:
    """The same from every single score, by Python."""
    place = dict(groups)
    found: dict[tuple[int, int], list[float]] = {}
    for series, case, value, failed in store._handle.rows(
        "select series, case_hash, value, failed from scores"
    ):
        there = found.setdefault((place[series], case), [0.0, 0, 0])
        there[0] += value or 0.0
        there[1] += value is not None
        there[2] += failed
    return found


STATUSES = st.sampled_from([("ok", 0.0), ("ok", 0.25), ("ok", 1.0), ("error", None),
                            ("not_applicable", None)])  # fmt: skip
SCORES = st.lists(
    st.tuples(st.sampled_from([ONE, TWO]), st.sampled_from("ab"), st.sampled_from(["v1", "v2"]),
              st.integers(0, 3), st.integers(0, 1), STATUSES),
    min_size=1, max_size=6,
)  # fmt: skip
HAPPENED = st.lists(
    st.one_of(
        st.tuples(st.just("record"), SCORES),
        st.tuples(st.sampled_from(["keep", "forget", "forget_errors"]),
                  st.sampled_from([ONE, TWO])),
        st.tuples(st.just("open again"), st.none()),
    ),
    min_size=3, max_size=12,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(HAPPENED)
def test_kept_sums_equal_the_full_computation_whatever_happened(happened: list[Any]) -> None:
    """Recorded, scored again, errors retried, deleted, opened again, in any order."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "w.duckdb"
        store = Store.open(path)
        try:
            for what, detail in happened:
                if what == "record":
                    store.scores.record([
                        scored(f"c{case}", value, candidate=candidate, repeat=repeat,
                               evaluation=evaluation, signature=signature, status=status)
                        for evaluation, candidate, signature, case, repeat, (status, value)
                        in detail
                    ]).result()  # fmt: skip
                elif what == "open again":
                    store.close()
                    store = Store.open(path)
                else:
                    {"keep": store.scores.keep_sums, "forget": store.scores.forget,
                     "forget_errors": store.scores.forget_errors}[what](detail)  # fmt: skip
                rows = store.scores.series([ONE, TWO])
                signatures = {row.number: row.series.signature for row in rows}
                groups = [(row.number, row.number) for row in rows]
                assert sums_of(store, groups) == full_computation(store, groups)
                for signature in ("v1", "v2"):
                    own = [one for one in groups if signatures[one[0]] == signature]
                    told = {signatures[group] for group, _case in sums_of(store, own)}
                    assert told <= {signature}
        finally:
            store.close()


def test_scores_added_while_sums_are_made_are_in_them_or_drop_them(store: Store) -> None:
    """Both orders of one commit: the writer takes bulk writes first."""
    ready = threading.Event()
    blocked = store._handle.writer.submit(lambda cursor: ready.wait(5))
    store.scores.record([scored("c1", 1.0)])
    summing = threading.Thread(target=store.scores.keep_sums, args=(ONE,))
    summing.start()
    ready.set()
    summing.join()
    blocked.result()
    store.scores.record([scored("c1", 0.5, repeat=1), scored("c2", 1.0)]).result()
    assert sums_of(store, [(0, 0)]) == full_computation(store, [(0, 0)])
