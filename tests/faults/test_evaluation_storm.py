"""An evaluation through a storm: what passes is tried again, what stays is an error, never a zero."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.records.datasets import Case
from core.workbench import Workbench
from tests.core.evaluation.evaluating import FLASH, candidates_of, cases_of, draft, run

PASSING = (
    "[[fault:rate_limit retry=0.05 times=1]]",
    "[[fault:rate_limit times=1]]",
    "[[fault:unavailable times=1]]",
    "[[fault:server_error times=1]]",
)


@pytest.fixture(autouse=True)
def short_pauses(bench: Workbench) -> None:
    """As many tries as ever, with less time between them."""
    bench.engine._limits = replace(bench.engine._limits, longest_backoff_s=0.05)


def marked(case: Case, mark: str) -> Case:
    return replace(case, fields={**case.fields, "ticket": f"{case.fields['ticket']} {mark}"})


def values(bench: Workbench, evaluation_id: str) -> dict[tuple[str, str], float | None]:
    lines = bench.store.scores.lines(evaluation_id)
    return {(line.case_id, line.signature): line.value for line in lines}


def test_what_passes_leaves_no_trace_in_the_figures(bench: Workbench) -> None:
    cases = cases_of(32)
    calm = run(bench, draft(bench, cases, candidates=candidates_of(FLASH)))
    stormy = [
        marked(case, PASSING[number % 8]) if number % 8 < len(PASSING) else case
        for number, case in enumerate(cases)
    ]
    storm = run(bench, draft(bench, stormy, candidates=candidates_of(FLASH)))
    assert bench.evaluations.results(storm.id).status == "done"
    assert values(bench, storm.id) == values(bench, calm.id)


@pytest.mark.parametrize("fault", ["forbidden", "bad_json", "cut", "html", "safety"])
def test_what_stays_is_an_error_and_changes_no_value(bench: Workbench, fault: str) -> None:
    cases = cases_of(10)
    calm = values(bench, run(bench, draft(bench, cases, candidates=candidates_of(FLASH))).id)
    broken = [*cases[:9], marked(cases[9], f"[[fault:{fault}]]")]
    kept = run(bench, draft(bench, broken, candidates=candidates_of(FLASH)))
    found = values(bench, kept.id)
    assert {key: value for key, value in found.items() if key[0] != "t0009"} == {
        key: value for key, value in calm.items() if key[0] != "t0009"
    }
    assert {value for key, value in found.items() if key[0] == "t0009"} == {None}
    [figure, *_] = bench.evaluations.results(kept.id).figures
    assert (figure.answers, figure.errors, figure.incomplete) == (9, 1, True)
    assert bench.evaluations.results(kept.id).status == "incomplete"
