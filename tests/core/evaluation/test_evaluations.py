"""Evaluations as pages and commands use them: refused, estimated, read, saved."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from scipy import stats

from core.errors import InvalidInput, NotAllowed, NotFound
from core.evaluation.results import RowFilter
from core.records.datasets import Case, CaseSlice, SplitRule
from core.records.evaluations import Evaluation
from core.records.metrics import MetricSpec
from core.workbench import Workbench
from tests.core.evaluation.evaluating import (
    FLASH,
    OLD,
    candidates_of,
    cases_of,
    draft,
    run,
    spec_of,
    with_metrics,
)
from tests.workspace import made_once


@made_once
def triage(bench: Workbench) -> Evaluation:
    """Forty tickets on two models: the newer reads all of a definition, the older its start."""
    return run(bench, draft(bench, cases_of(40)))


def signature(bench: Workbench, evaluation: Evaluation, name: str) -> str:
    infos = bench.evaluations.results(evaluation.id).infos
    return next(sign for sign, info in infos.items() if info.name == name)


# -- before starting --


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param({"candidates": ()}, "candidates", id="nobody to ask"),
        pytest.param({"metrics": ()}, "metric", id="nothing to measure"),
        pytest.param({"repeats": 0}, "Repeat", id="no repeat"),
        pytest.param({"metrics": (MetricSpec("nonsense"),)}, "nonsense", id="unknown metric"),
        pytest.param({"cases": CaseSlice({"reference": "?"})}, "No case", id="an empty slice"),
        pytest.param({"candidates": candidates_of(FLASH, text="{nothing}")}, "{nothing}",
                     id="a column is missing"),
        pytest.param({"candidates": candidates_of(FLASH) * 2}, "c1", id="one name for two"),
        pytest.param({"metrics": (MetricSpec("coherence"),), "judge": ""}, "judge", id="no judge"),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated_is_refused_with_the_reason(
    bench: Workbench, fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        bench.evaluations.create(draft(bench, cases_of(3), **fields))
    assert problem in str(refused.value)
    assert bench.evaluations.list() == []


def test_the_estimate_counts_every_call(bench: Workbench) -> None:
    asked = draft(bench, cases_of(10), repeats=2, candidates=candidates_of(FLASH, OLD, FLASH))
    asked = with_metrics(asked, "exact_match", "coherence", "general_quality",
                         "pairwise_text_quality")  # fmt: skip
    found = bench.evaluations.estimate(asked)
    assert (found.cases, found.calls) == (10, 60)
    # An answer each, an answer and ten lists of questions, three pairs in both orders.
    assert found.judge_calls == 60 + (60 + 10) + 3 * 2 * 20
    assert found.cost_usd is not None and found.cost_usd > 0
    assert found.detectable is not None


def test_what_could_change_later_is_written_down(bench: Workbench) -> None:
    kept = bench.evaluations.create(
        with_metrics(draft(bench, cases_of(8)), "label_accuracy", "coherence")
    )
    accuracy, coherence = kept.metrics
    assert set(accuracy.options["labels"]) == {"urgent", "high", "normal", "low"}
    assert (coherence.options["version"], coherence.options["judge"]) == (1, FLASH)
    assert kept.language == "en"


def test_a_sealed_test_split_is_opened_by_a_final_evaluation_only(bench: Workbench) -> None:
    asked = draft(bench, cases_of(40), candidates=candidates_of(FLASH))
    version = bench.datasets.version(asked.dataset_version_id)
    bench.datasets.set_split(version.dataset_id, SplitRule(1), actor="ada")
    bench.datasets.seal(version.dataset_id, actor="ada")
    with pytest.raises(NotAllowed):
        bench.evaluations.create(replace(asked, cases=CaseSlice(split="test")))
    final = replace(asked, cases=CaseSlice(split="test"), final=True)
    bench.evaluations.estimate(final)
    assert not [one for one in bench.datasets.uses(version.dataset_id) if one.opened_test]
    kept = run(bench, final)
    assert 0 < len(bench.store.evaluations.keys(kept.id)) < 40
    assert [one for one in bench.datasets.uses(version.dataset_id) if one.opened_test]


# -- results --


def test_the_figures_agree_with_scipy(bench: Workbench, triage: Evaluation) -> None:
    found = bench.evaluations.results(triage.id)
    right = {
        key: [
            float(answer.text == case.reference)
            for case in cases_of(40)
            for answer in bench.store.evaluations.answers(triage.id, [case.id])
            if answer.candidate == key
        ]
        for key in ("c1", "c2")
    }
    assert 0 < sum(right["c2"]) < sum(right["c1"])
    for figure in found.figures:
        if figure.metric == "label_accuracy":
            passed = int(sum(right[figure.candidate]))
            bounds = stats.binomtest(passed, 40).proportion_ci(method="wilson")
            assert figure.interval is not None
            assert figure.interval.value == passed / 40
            assert figure.interval.low == pytest.approx(bounds.low)
            assert figure.interval.high == pytest.approx(bounds.high)
    [contrast] = [one for one in found.contrasts if one.metric == "label_accuracy"]
    better = sum(b > a for a, b in zip(right["c1"], right["c2"], strict=True))
    worse = sum(b < a for a, b in zip(right["c1"], right["c2"], strict=True))
    assert (contrast.better, contrast.worse, contrast.n) == (better, worse, 40)
    exact = stats.binomtest(min(better, worse), better + worse).pvalue
    assert contrast.p_value == pytest.approx(exact)
    assert contrast.verdict == "worse"


def test_a_judge_that_is_a_candidate_is_flagged(bench: Workbench) -> None:
    kept = run(bench, with_metrics(draft(bench, cases_of(2)), "coherence"))
    assert bench.evaluations.results(kept.id).self_judged == {FLASH: (FLASH,)}
    other = run(bench, replace(with_metrics(draft(bench, cases_of(2)), "coherence"),
                               judge="sandbox:sandbox-pro-2"))  # fmt: skip
    assert bench.evaluations.results(other.id).self_judged == {}


@pytest.mark.parametrize(
    ("wanted", "selects"),
    [
        pytest.param({}, lambda a, b, case: True, id="all"),
        pytest.param({"show": "worse"}, lambda a, b, case: b < a, id="worse"),
        pytest.param({"show": "better"}, lambda a, b, case: b > a, id="better"),
        pytest.param({"show": "same"}, lambda a, b, case: a == b, id="same"),
        pytest.param({"show": "disagree"}, lambda a, b, case: a != b, id="disagree"),
        pytest.param({"show": "errors"}, lambda a, b, case: False, id="errors"),
        pytest.param({"maximum": 0.5, "a": "c2"}, lambda a, b, case: b < 0.5, id="low scores"),
        pytest.param({"search": "ＩＮＶＯＩＣＥ"}, lambda a, b, case: "invoice" in case, id="search"),
        pytest.param({"column": "language", "value": "ja"},
                     lambda a, b, case: int(case.split("#")[1][:-1]) % 2, id="slice"),
    ],
)  # fmt: skip
def test_rows_are_filtered(
    bench: Workbench, triage: Evaluation, wanted: dict[str, Any], selects: Any
) -> None:
    sign = signature(bench, triage, "label_accuracy")
    choice = RowFilter(**{"signature": sign, "a": "c1", "b": "c2", **wanted})
    page = bench.evaluations.rows(triage.id, choice, limit=1_000)
    everything = bench.evaluations.rows(triage.id, RowFilter(signature=sign), limit=1_000).rows
    expected = [
        row.case.id
        for row in everything
        if selects(row.values["c1"], row.values["c2"], row.case.fields["ticket"])
    ]
    assert [row.case.id for row in page.rows] == expected
    assert page.total == len(expected)


def test_rows_come_page_by_page(bench: Workbench, triage: Evaluation) -> None:
    pages = [
        bench.evaluations.rows(triage.id, RowFilter(), offset=n, limit=15) for n in (0, 15, 30)
    ]
    assert [row.case.id for page in pages for row in page.rows] == [c.id for c in cases_of(40)]
    assert {page.total for page in pages} == {40}


def test_one_case_is_shown_with_its_runs_and_reasons(bench: Workbench) -> None:
    asked = with_metrics(draft(bench, cases_of(3)), "label_accuracy", "coherence",
                         "pairwise_text_quality")  # fmt: skip
    kept = run(bench, asked)
    detail = bench.evaluations.detail(kept.id, "t0001")
    assert detail is not None
    assert detail.case == cases_of(3)[1]
    assert [one.candidate for one in detail.answers] == ["c1", "c2"]
    assert all(bench.history.get(one.run_id or "").reply.text == one.text for one in detail.answers)
    reasons = [one.score.reason for one in detail.scores if one.metric == "coherence"]
    assert len(reasons) == 2 and all(reasons)
    assert len(detail.battles) == 1
    assert bench.evaluations.detail(kept.id, "nobody") is None


def test_failures_are_grouped_by_what_they_share(bench: Workbench, triage: Evaluation) -> None:
    groups = bench.evaluations.failures(triage.id, signature(bench, triage, "label_accuracy"), "c2")
    wrong = {
        row.case.id
        for row in bench.evaluations.rows(
            triage.id,
            RowFilter(signature(bench, triage, "label_accuracy"), a="c2", maximum=0.5),
            limit=100,
        ).rows
    }
    assert groups and wrong
    assert set().union(*(group.case_ids for group in groups)) <= wrong
    assert {group.feature.kind for group in groups} & {"label", "column"}


def test_the_table_follows_the_job(bench: Workbench, triage: Evaluation) -> None:
    first = bench.evaluations.table(triage.id)
    assert bench.evaluations.table(triage.id) is first
    bench.evaluations.rescore(triage.id, [MetricSpec("exact_match")], actor="ada")
    assert bench.evaluations.table(triage.id) is not first


def test_a_deleted_evaluation_comes_back(bench: Workbench, triage: Evaluation) -> None:
    bench.evaluations.delete(triage.id, actor="ada")
    assert bench.evaluations.list() == []
    bench.evaluations.restore(triage.id, actor="ada")
    assert [one.id for one in bench.evaluations.list()] == [triage.id]


def test_a_deleted_dataset_is_told_as_such(bench: Workbench, triage: Evaluation) -> None:
    version = bench.datasets.version(triage.dataset_version_id)
    bench.datasets.delete(version.dataset_id, actor="ada")
    with pytest.raises(NotFound, match="deleted"):
        bench.evaluations.results(triage.id)


# -- files --

HOSTILE = (
    "=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "＝1", "<script>alert(1)</script>",
    "![x](https://example.test/x.png)", "<img src=x onerror=alert(1)>", '"><b>',
)  # fmt: skip


def hostile(bench: Workbench) -> Evaluation:
    cases = [Case(f"h{n} {text}"[:150], {"ticket": text, "reference": text, "{x}": text})
             for n, text in enumerate(HOSTILE)]  # fmt: skip
    candidates = tuple(replace(one, title=f"{one.title} <i>") for one in candidates_of(FLASH, OLD))
    return run(bench, draft(bench, cases, candidates=candidates, title="<u>Title</u>"))


def whole(bench: Workbench, evaluation: Evaluation, form: Any, language: str = "en") -> str:
    chunks = bench.evaluations.export(evaluation.id, form, language=language)
    return b"".join(chunks).decode("utf-8")


def test_csv_holds_every_answer_and_no_formula(bench: Workbench) -> None:
    kept = hostile(bench)
    text = whole(bench, kept, "csv")
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 2 * len(HOSTILE)
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@＝＋－＠]", cell)]
    assert {row["exact_match.status"] for row in rows} == {"ok"}


def test_jsonl_is_everything_as_it_was(bench: Workbench) -> None:
    kept = hostile(bench)
    lines = [json.loads(line) for line in whole(bench, kept, "jsonl").splitlines()]
    assert {line["case"]["ticket"] for line in lines} == set(HOSTILE)
    assert {score["metric"] for line in lines for score in line["scores"]} == {
        "label_accuracy",
        "exact_match",
    }


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_report_needs_nothing_and_runs_nothing(bench: Workbench, language: str) -> None:
    text = whole(bench, hostile(bench), "html", language)
    assert f'<html lang="{language}">' in text
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None and "default-src &#x27;none&#x27;" in policy[1]
    tags = set(re.findall(r"<\s*([a-z0-9]+)", text))
    assert tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "table", "tr",
        "th", "td", "pre", "ul", "li", "b",
    }  # fmt: skip
    assert not re.search(r"<[^>]*\s(src|href|on\w+)\s*=", text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "&lt;u&gt;Title&lt;/u&gt;" in text


def test_the_report_says_what_each_label_was_taken_for(bench: Workbench) -> None:
    kept = run(bench, draft(bench, cases_of(24)))
    text = whole(bench, kept, "html")
    [signature] = [one for one in bench.evaluations.table(kept.id).infos if "label" in one]
    worse = bench.evaluations.labels(kept.id, signature)["c2"]
    expected, [(found, count), *_rest] = next(
        (one.label, mistakes) for one in worse.classes
        if (mistakes := worse.matrix.mistaken(one.label))
    )  # fmt: skip
    row = next(one for one in text.split("<tr>") if one.startswith(f"<td><pre>{expected}</pre>"))
    assert f"{found or 'no clear label'} ({count})" in text
    assert "<td" in row and "Macro F1: 100.0 %" in text


def test_equal_results_make_equal_files(bench: Workbench) -> None:
    asked = draft(bench, cases_of(12))
    one, other = (run(bench, asked) for _ in range(2))
    texts = []
    for kept in (one, other):
        rows = list(csv.DictReader(io.StringIO(whole(bench, kept, "csv").removeprefix("\ufeff"))))
        for row in rows:
            del row["total_ms"], row["run_id"]
        texts.append(rows)
    assert texts[0] == texts[1]


def test_prompts_differ_in_what_they_are_asked(bench: Workbench) -> None:
    better = candidates_of(FLASH)[0]
    worse = replace(better, key="c2", title="blunt", spec=spec_of("Ticket: {ticket}"))
    kept = run(bench, draft(bench, cases_of(16), candidates=(worse, better)))
    [contrast] = [
        one for one in bench.evaluations.results(kept.id).contrasts if one.metric == "exact_match"
    ]
    assert contrast.verdict == "better"
