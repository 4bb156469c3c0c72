"""Scores of answers that another model gave stand apart wherever scores are read."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from core.evaluation.evaluation_export import results_data
from core.evaluation.leaderboard import entry_key
from core.evaluation.results import RowFilter
from core.evaluation.served import between, comparability, everyone, who_judged, who_served
from core.evaluation.words import sentence_of, served_of
from core.records.evaluations import AnswerKey, ServedCount
from core.records.leaderboard import MetricChoice
from core.records.metrics import MetricSpec
from core.records.served import is_other
from core.workbench import Workbench
from tests.core.evaluation.evaluating import FLASH, cases_of, draft, run

CASES = 200
ODD = {f"t{number:04}" for number in range(7, CASES, 34)}
"""Three of a hundred."""


def test_three_of_a_hundred_calls_rerouted_are_all_flagged_and_none_is_invented(
    bench: Workbench,
) -> None:
    assert len(ODD) == 6
    cases = [
        replace(case, fields={**case.fields, "ticket":
                f"{case.fields['ticket']} [[fault:served model=sandbox-pro-2]]"})
        if case.id in ODD else case
        for case in cases_of(CASES)
    ]  # fmt: skip
    done = run(bench, draft(bench, cases, metrics=(MetricSpec("exact_match"),)))
    keys = [one.key for one in done.candidates]
    table = bench.evaluations.table(done.id)
    assert set(table.apart) == {AnswerKey(case, key, 0) for case in ODD for key in keys}
    assert set(table.apart.values()) == {"sandbox-pro-2"}

    # No average mixes them.
    found = bench.evaluations.results(done.id)
    values = {
        (one.case_id, one.candidate): one.value
        for one in bench.store.scores.lines(done.id)
        if one.value is not None
    }
    for figure in found.figures:
        own = [value for (case, key), value in values.items()
               if key == figure.candidate and case not in ODD]  # fmt: skip
        assert figure.interval is not None and figure.errors == 0
        assert (figure.interval.n, figure.answers) == (CASES - 6, CASES - 6)
        assert figure.interval.value == pytest.approx(sum(own) / len(own))
    assert [one.left_out for one in found.served] == [6, 6]
    data = results_data(found)["candidates"]
    assert [one["not_comparable"] for one in data] == [6, 6]

    signature = next(iter(found.infos))
    page = bench.evaluations.rows(done.id, RowFilter(signature=signature), limit=CASES)
    assert {row.case.id for row in page.rows if row.apart} == ODD
    assert {row.case.id for row in page.rows if None in row.values.values()} == ODD

    choice = MetricChoice("scores", "exact_match")
    [board] = bench.leaderboard.boards(done.dataset_version_id, choice).boards
    assert {line.entry.key for line in board.lines} == {entry_key(one) for one in done.candidates}
    for line in board.lines:
        assert line.served is not None and line.served.left_out == 6
        assert line.interval is not None and line.interval.n == CASES - 6


def test_files_carry_who_answered_who_judged_and_what_failed(bench: Workbench) -> None:
    marks = {"t0001": " [[fault:served model=sandbox-pro-2]]", "t0002": " [[fault:forbidden]]"}
    cases = [
        replace(case, fields={**case.fields, "ticket": case.fields["ticket"] + marks.get(case.id, "")})
        for case in cases_of(6)
    ]  # fmt: skip
    metrics = tuple(
        MetricSpec(name, {"judge": FLASH} if name != "exact_match" else {})
        for name in ("exact_match", "coherence", "pairwise_text_quality")
    )
    done = run(bench, draft(bench, cases, metrics=metrics))

    def whole(form: Any) -> str:
        return b"".join(bench.evaluations.export(done.id, form)).decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(whole("csv"))))
    assert len(rows) == 12
    for row in rows:
        apart, failed = row["case_id"] == "t0001", row["case_id"] == "t0002"
        asked = row["model"].rpartition(":")[2]
        assert row["served_model"] == ("sandbox-pro-2" if apart else "" if failed else asked)
        assert row["not_comparable"] == ("sandbox-pro-2" if apart else "")
        assert bool(row["error"]) is failed
        assert row["exact_match"] in (("",) if failed else ("0.0", "1.0"))
        if not failed:
            assert row["exact_match.signature"].startswith("exact_match")
            assert row["exact_match.judge_requested"] == ""
            assert row["coherence.judge_requested"] == FLASH
            assert row["coherence.judge_served"] == (
                "sandbox-pro-2" if apart else "sandbox-flash-2"
            )
            result, _space, other = row["pairwise_text_quality"].partition(" ")
            assert result in ("win", "loss", "tie") and other in ("c1", "c2") != row["candidate"]
            assert row["pairwise_text_quality.judge_requested"] == FLASH
    sides = {
        row["pairwise_text_quality"].split(" ")[0] for row in rows if row["case_id"] == "t0003"
    }
    assert sides in ({"win", "loss"}, {"tie"})

    lines = [json.loads(line) for line in whole("jsonl").splitlines()]
    answers = [one for one in lines if "battle" not in one]
    assert {one["case_id"] for one in answers if one["not_comparable"]} == {"t0001"}
    assert {one["requested_model"] for one in answers} == {one.model for one in done.candidates}
    assert {one["served_model"] for one in answers if one["case_id"] == "t0001"} == {
        "sandbox-pro-2"
    }
    assert {one["battle"]["judged_by"] for one in lines if "battle" in one} == {FLASH}

    report = whole("html")
    assert report.count("[Not comparable: sandbox-pro-2 answered]") == 2
    assert "1 of 5 answers came from sandbox-pro-2 instead of" in report
    assert f"({FLASH} → sandbox-pro-2)" in report and f"({FLASH})" in report
    [error] = {row["error"] for row in rows if row["case_id"] == "t0002"}
    assert report.count(f"<pre>[{error}] ") == 2


def test_where_every_answer_is_of_the_model_asked_for_nothing_is_told(bench: Workbench) -> None:
    done = run(bench, draft(bench, cases_of(10), metrics=(MetricSpec("exact_match"),)))
    assert bench.store.model_use.served_counts([done.id]) == []
    assert bench.evaluations.results(done.id).served == []
    choice = MetricChoice("scores", "exact_match")
    [board] = bench.leaderboard.boards(done.dataset_version_id, choice).boards
    assert all(line.served is None for line in board.lines)


@pytest.mark.parametrize(
    ("answers", "main", "apart"),
    [
        ({"x": 97, "y": 3}, "x", {"y": 3}),
        # The one asked for keeps its name, however few of its answers there are.
        ({"x": 3, "y": 97}, "x", {"y": 97}),
        ({"y": 100}, "y", {}),
        ({"y": 60, "z": 40}, "y", {"z": 40}),
        ({"x-001": 60, "x-002": 40}, "x-001", {"x-002": 40}),
        ({"x-001": 60, "x": 20, "y": 1}, "x-001", {"y": 1}),
    ],
)
def test_who_counts_and_who_stands_apart(
    answers: dict[str, int], main: str, apart: dict[str, int]
) -> None:
    counts = [ServedCount("e", "a", "x", model, n) for model, n in answers.items()]
    [found] = who_served(counts, lambda one: one.candidate)
    assert (found.main, dict(found.apart)) == (main, apart)
    assert found.answers == sum(answers.values())
    assert found.is_other == (main == "y")


@pytest.mark.parametrize("served", ["x", "models/x", "X", "x-001", "x@20261001", "x-2026-10-01"])
def test_a_version_is_no_other_model(served: str) -> None:
    assert not is_other(served, "publishers/google/models/x")
    [*told] = who_served([ServedCount("e", "a", "x", served, 5)], lambda one: one.candidate)
    assert told == []
    mixed = [ServedCount("e", "a", "x", one, 5) for one in (served, "x")]
    assert who_served(mixed, lambda one: one.candidate) == []


@pytest.mark.parametrize(
    ("judged", "odd"),
    [
        ([], []),
        ([("s", "", ""), ("s", "gemini:j", "")], []),
        ([("s", "gemini:j", "j-001"), ("s", "gemini:j", "models/j-001")], []),
        ([("s", "gemini:j", "j"), ("t", "gemini:k", "k")], []),
        ([("s", "gemini:j", "k"), ("t", "gemini:j", "j")], ["s"]),
        ([("s", "gemini:j", "j-001"), ("s", "gemini:j", "j-002")], ["s"]),
        ([("s", "gemini:j", "j-001+j-002")], ["s"]),
    ],
)
def test_another_judge_is_noticed(judged: list[tuple[str, str, str]], odd: list[str]) -> None:
    assert [one.key for one in who_judged(judged)] == odd


def test_what_another_judge_scored_has_no_winner(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = (MetricSpec("exact_match"), MetricSpec("fluency"))
    done = run(bench, draft(bench, cases_of(6), metrics=metrics))
    found = bench.evaluations.results(done.id)
    assert found.judges == [] and "not_comparable" not in {one.verdict for one in found.contrasts}
    rows = bench.store.scores.series([done.id])
    changed = [
        row._replace(series=row.series._replace(judge_served="sandbox-pro-2"))
        if row.series.judge_requested else row for row in rows
    ]  # fmt: skip
    monkeypatch.setattr(bench.store.scores, "series", lambda ids: changed)
    found = bench.evaluations.results(done.id)
    verdicts = {one.metric: one.verdict for one in found.contrasts}
    assert verdicts["fluency"] == "not_comparable" != verdicts["exact_match"]
    [said] = served_of(found, str)
    assert "was to judge by Fluency, but sandbox-pro-2 judged" in said


def test_a_change_between_two_runs_or_surfaces_is_one() -> None:
    runs = [ServedCount("e1", "a", "x", "x-001", 50), ServedCount("e2", "a", "x", "x-002", 40)]
    [entry] = who_served(runs, lambda one: one.candidate)
    assert entry.apart == {"x-002": 40}
    surfaces = [ServedCount("e", "a", "x", "y", 5), ServedCount("e", "b", "x", "z", 5)]
    [pair] = between(who_served(surfaces, lambda one: one.candidate))
    assert [one.main for one in pair] == ["y", "z"]


@pytest.mark.parametrize(
    ("counts", "comparable"),
    [
        ([], True),
        ([("a", "x", "x-001"), ("b", "x", "x-001")], True),
        ([("a", "x", "x-001"), ("b", "z", "z-002")], True),
        ([("a", "x", "x"), ("a", "x", "y"), ("b", "x", "x-001")], True),
        ([("a", "x", "x-001"), ("b", "x", "x-002")], False),
        ([("a", "x", "y")], False),
        ([("b", "x", "y")], False),
    ],
)
def test_versions_on_two_surfaces_and_other_models_cannot_be_compared(
    counts: list[tuple[str, str, str]], comparable: bool
) -> None:
    whom = comparability(everyone([ServedCount("e", *one, 9) for one in counts], key_of))
    assert whom.holds("a", "b") == comparable
    assert whom.holds("c", "d")


def key_of(one: ServedCount) -> str:
    return one.candidate


def test_a_candidate_wholly_answered_by_another_model_neither_wins_nor_is_placed(
    bench: Workbench,
) -> None:
    cases = [
        replace(case, fields={**case.fields, "ticket":
                f"{case.fields['ticket']} [[fault:served model=sandbox-pro-2]]"})
        for case in cases_of(12)
    ]  # fmt: skip
    done = run(bench, draft(bench, cases, metrics=(MetricSpec("exact_match"),)))
    found = bench.evaluations.results(done.id)
    assert {one.verdict for one in found.contrasts} == {"not_comparable"}
    assert "not comparable" in sentence_of(found, found.contrasts[0], "en")
    assert "比べられません" in sentence_of(found, found.contrasts[0], "ja")
    data = results_data(found)
    assert [one["comparable"] for one in data["candidates"]] == [False, False]
    assert [one["verdict"] for one in data["comparisons"]] == ["not_comparable"]
    report = b"".join(bench.evaluations.export(done.id, "html")).decode()
    assert report.count("was asked for, but sandbox-pro-2 answered") == 2
    choice = MetricChoice("scores", "exact_match")
    [board] = bench.leaderboard.boards(done.dataset_version_id, choice).boards
    assert [line.place for line in board.lines] == [None, None]
    assert {line.contrast.verdict for line in board.lines if line.contrast} <= {"not_comparable"}
