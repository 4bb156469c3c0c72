"""The evaluate page against a real store and the real sandbox, without a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.records.datasets import Case, CaseSlice
from core.records.evaluations import Evaluation
from core.records.models import ModelRef
from core.workbench import Workbench
from tests.core.evaluation.evaluating import (
    FLASH,
    OLD,
    PROMPT,
    SYSTEM,
    cases_of,
    draft,
    finished,
    run,
    spec_of,
    until,
    with_metrics,
)
from tests.pages.conftest import Open
from tests.workspace import made_once

PAGE = "improve/evaluate"


def texts(at: AppTest) -> str:
    """Everything that is said on the page."""
    kinds: tuple[Any, ...] = (at.title, at.header, at.markdown, at.caption, at.success, at.warning,
                              at.info, at.error, at.button)  # fmt: skip
    return "\n".join(
        str(getattr(one, "value", None) or getattr(one, "label", ""))
        for kind in kinds
        for one in kind
    )


@made_once
def triage(bench: Workbench) -> Evaluation:
    return run(bench, with_metrics(draft(bench, cases_of(24)), "label_accuracy", "rouge_l",
                                   "coherence"))  # fmt: skip


def test_an_empty_list_says_what_an_evaluation_is(open_page: Open) -> None:
    at = open_page(PAGE)
    assert not at.exception
    assert "Nothing was evaluated yet" in texts(at)
    assert "It needs a dataset" in texts(at)


def test_the_list_shows_the_state_and_leads_to_the_results(
    open_page: Open, bench: Workbench, triage: Evaluation
) -> None:
    at = open_page(PAGE)
    at.button(key=f"evaluate.open.{triage.id}").click().run()
    assert not at.exception
    assert at.query_params["evaluation"] in (triage.id, [triage.id])
    assert at.title[0].value == "Triage"


def test_results_begin_with_a_sentence_and_intervals(open_page: Open, triage: Evaluation) -> None:
    at = open_page(PAGE, evaluation=triage.id)
    assert not at.exception
    assert "unlikely to be luck" in at.warning[0].value
    figures = at.dataframe[0].value
    assert list(figures["metric"]) == ["Label accuracy"] * 2 + ["ROUGE-L"] * 2 + ["Coherence"] * 2
    assert figures["value"][0] == "100.0 %"
    assert "–" in figures["interval"][0]
    rows = at.dataframe[1].value
    assert len(rows) == 24
    wrong = rows[rows.iloc[:, -4] != rows.iloc[:, -3]]
    assert len(wrong) == 9 and wrong["Reasons"].str.contains("instead of").all()


def test_cases_may_belong_together_by_a_column(open_page: Open, triage: Evaluation) -> None:
    at = open_page(PAGE, evaluation=triage.id)
    plain = list(at.dataframe[0].value["interval"])
    at.selectbox(key="evaluate.cluster").set_value("reference").run()
    assert not at.exception
    assert at.query_params["cluster"] in ("reference", ["reference"])
    assert "Cases with the same reference belong together" in texts(at)
    assert list(at.dataframe[0].value["interval"]) != plain
    strange = open_page(PAGE, evaluation=triage.id, cluster="nobody")
    assert list(strange.dataframe[0].value["interval"]) == plain


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param({"show": "worse"}, 9, id="worse"),
        pytest.param({"show": "better"}, None, id="better"),
        pytest.param({"q": "invoice"}, 3, id="search"),
        pytest.param({"column": "reference", "value": "low"}, 6, id="slice"),
        pytest.param({"a": "c2", "b": "c1", "max": "0.5"}, 9, id="low scores"),
        pytest.param({"show": "errors"}, None, id="errors"),
    ],
)
def test_rows_are_filtered_by_the_address(
    open_page: Open, triage: Evaluation, query: dict[str, str], count: int | None
) -> None:
    at = open_page(PAGE, evaluation=triage.id, **query)
    assert not at.exception
    if count is None:
        assert "No row fits" in texts(at)
    else:
        assert len(at.dataframe[1].value) == count


def test_rows_are_filtered_by_a_slice_of_the_dataset(
    open_page: Open, bench: Workbench, triage: Evaluation
) -> None:
    dataset_id = bench.datasets.version(triage.dataset_version_id).dataset_id
    kept = CaseSlice({"reference": "low"}, name="calm ones")
    bench.datasets.save_slice(dataset_id, kept, actor="tester")
    at = open_page(PAGE, evaluation=triage.id)
    at.selectbox(key="evaluate.rows.slice").set_value("calm ones").run()
    assert not at.exception
    assert len(at.dataframe[1].value) == 6
    assert at.selectbox(key="evaluate.rows.slice").value == "calm ones"
    at.selectbox(key="evaluate.rows.slice").set_value("").run()
    assert len(at.dataframe[1].value) == 24


def test_a_case_is_shown_with_answers_scores_and_reasons(
    open_page: Open, triage: Evaluation
) -> None:
    at = open_page(PAGE, evaluation=triage.id, case="t0002")
    assert not at.exception
    shown = [one.value for one in at.code]
    assert "high" in shown and "urgent" in shown
    assert "Coherence" in texts(at)


@pytest.mark.parametrize(
    "query",
    [
        {"evaluation": "nobody"},
        {"evaluation": "019ab000-0000-7000-8000-000000000000"},
        {"view": "x", "page": "0", "min": "nan", "max": "inf"},
    ],
    ids=str,
)
def test_a_strange_address_never_breaks_the_page(open_page: Open, query: dict[str, str]) -> None:
    at = open_page(PAGE, **query)
    assert not at.exception


@pytest.mark.parametrize(
    "query",
    [
        {"metric": "nobody", "a": "x", "b": "y", "show": "great", "page": "-1"},
        {"page": "999999", "min": "9", "max": "-9"},
        {"column": "nobody", "value": "x", "case": "nobody"},
        {"q": "%_'\"\\[["},
    ],
    ids=str,
)
def test_strange_choices_of_rows_never_break_the_page(
    open_page: Open, triage: Evaluation, query: dict[str, str]
) -> None:
    at = open_page(PAGE, evaluation=triage.id, **query)
    assert not at.exception
    assert at.title[0].value == "Triage"


def prepared(bench: Workbench) -> None:
    """A dataset and a prompt, as a person would have made them."""
    bench.datasets.create("tickets", cases_of(12), actor="tester", source="test")
    bench.authoring.save_new("triage", spec_of(PROMPT, system=SYSTEM), actor="tester")


def test_an_evaluation_is_set_up_estimated_and_started(open_page: Open, bench: Workbench) -> None:
    prepared(bench)
    at = open_page(PAGE, view="new")
    assert not at.exception, at.exception
    at.multiselect[1].set_value([FLASH, OLD]).run()
    at.multiselect(key="evaluate.new.computed").set_value(["exact_match", "rouge_l"]).run()
    at.multiselect(key="evaluate.new.judged").set_value(["coherence", "fluency"]).run()
    assert not at.exception
    at.number_input(key="evaluate.new.temperature").set_value(0.4).run()
    shown = {one.label: one.value for one in at.metric}
    assert (shown["Answers"], shown["Calls of the judge"]) == ("24", "48")
    assert "true difference" in texts(at)
    at.button(key="evaluate.start").click().run()
    assert not at.exception
    [kept] = bench.evaluations.list()
    assert finished(bench, kept.id) == "done"
    assert [one.name for one in kept.metrics] == ["exact_match", "rouge_l", "coherence", "fluency"]
    assert kept.metrics[2].options["temperature"] == 0.4
    assert "temperature" not in kept.metrics[0].options
    assert [one.model for one in kept.candidates] == [FLASH, OLD]


def test_a_prompt_is_evaluated_with_several_sets_of_parameters(
    open_page: Open, bench: Workbench
) -> None:
    prepared(bench)
    at = open_page(PAGE, view="new")
    first, second = (f"evaluate.group.0.set.{number}.parameter" for number in (0, 1))
    offered = {
        one.key.removeprefix(f"{first}.")
        for kind in (at.number_input, at.selectbox, at.multiselect)
        for one in kind
        if one.key and one.key.startswith(first)
    }
    [model] = at.multiselect[1].value
    known = bench.catalogue.capabilities(
        ModelRef.parse(model, "sandbox"), datetime.now(UTC)
    ).parameters
    # All that the prompt page offers for this model.
    assert offered == {name for name, rule in known.items()
                       if rule.status not in ("ignored", "rejected")}  # fmt: skip
    assert {"temperature", "stop_sequences", "seed", "thinking_level"} <= offered
    at.button(key="evaluate.group.0.more").click().run()
    at.number_input(key=f"{second}.temperature").set_value(0.5).run()
    at.number_input(key=f"{second}.seed").set_value(7).run()
    assert not at.exception
    at.multiselect(key="evaluate.new.computed").set_value(["exact_match"]).run()
    at.button(key="evaluate.start").click().run()
    [kept] = bench.evaluations.list()
    finished(bench, kept.id)
    plain, other = kept.candidates
    assert (plain.spec.parameters.temperature, plain.spec.parameters.seed) == (None, None)
    assert (other.spec.parameters.temperature, other.spec.parameters.seed) == (0.5, 7)
    assert other.title == f"{plain.title} · temperature=0.5 · seed=7"
    assert (plain.model, plain.version_id) == (other.model, other.version_id)


def test_a_set_that_changes_nothing_is_no_second_candidate(
    open_page: Open, bench: Workbench
) -> None:
    prepared(bench)
    at = open_page(PAGE, view="new")
    at.button(key="evaluate.group.0.more").click().run()
    assert texts(at).count("Candidates: triage v1") == 1
    assert {one.label: one.value for one in at.metric}["Answers"] == "12"
    at.button(key="evaluate.group.0.set.1.remove").click().run()
    assert not at.exception
    assert not [one for one in at.button if one.key == "evaluate.group.0.set.1.remove"]


def test_what_a_model_does_not_take_is_said_and_not_sent(open_page: Open, bench: Workbench) -> None:
    prepared(bench)
    at = open_page(PAGE, view="new")
    at.multiselect[1].set_value([FLASH, "gemini:gemini-9-unknown"]).run()
    at.number_input(key="evaluate.group.0.set.0.parameter.top_k").set_value(3).run()
    assert not at.exception
    [said] = [one.value for one in at.caption if "Not sent to" in one.value]
    assert "sandbox" in said and said.endswith("Top-K")
    [named] = [one.value for one in at.caption if one.value.startswith("Candidates: ")]
    assert named.count("top") == 1


@pytest.mark.usefixtures("environment")
def test_metrics_of_the_administrators_own_are_offered(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    (tmp_path / "admin.toml").write_text('[evaluation]\ncustom_metrics = "metrics"\n', "utf-8")
    polite = folder / "polite.py"
    polite.write_text('"""Says please."""\n\ndef evaluate(instance):\n    return 0.5\n', "utf-8")
    bench: Workbench = request.getfixturevalue("bench")
    open_page: Open = request.getfixturevalue("open_page")
    prepared(bench)
    at = open_page(PAGE, view="new")
    field = at.multiselect(key="evaluate.new.computed")
    assert "polite – Says please." in field.options
    field.set_value(["polite"]).run()
    at.button(key="evaluate.start").click().run()
    assert not at.exception
    [kept] = bench.evaluations.list()
    finished(bench, kept.id)
    [figure] = bench.evaluations.results(kept.id).figures
    assert (figure.metric, figure.answers, figure.errors) == ("polite", 12, 0)
    polite.write_text("def evaluate(:", "utf-8")
    broken = open_page(PAGE, view="new")
    assert not broken.exception
    assert any("polite" in one.value for one in broken.error), [e.value for e in broken.error]


def test_the_form_begins_with_a_dataset_and_a_prompt_that_fit(
    open_page: Open, bench: Workbench
) -> None:
    prepared(bench)
    bench.datasets.create("later", [Case("1", {"text": "x"})], actor="tester", source="test")
    bench.authoring.save_new("newer", spec_of("{unknown}"), actor="tester")
    at = open_page(PAGE, view="new")
    assert not at.exception
    assert [box.label for box in at.selectbox[:1]] == ["Dataset"]
    fit = bench.datasets.find("tickets").dataset_id
    assert at.selectbox(key="evaluate.new.dataset").value == fit
    assert [one.key for one in at.button if one.key == "evaluate.start"] == ["evaluate.start"]


def test_what_cannot_be_evaluated_is_said_before_it_is_started(
    open_page: Open, bench: Workbench
) -> None:
    bench.datasets.create("tickets", cases_of(3), actor="tester", source="test")
    bench.authoring.save_new("other", spec_of("{unknown}"), actor="tester")
    at = open_page(PAGE, view="new")
    assert not at.exception
    assert "unknown" in at.error[0].value
    assert not [one for one in at.button if one.key == "evaluate.start"]


def test_a_running_evaluation_is_paused_gone_on_with_and_stopped(
    open_page: Open, bench: Workbench
) -> None:
    slow = cases_of(80, " [[fault:slow ms=2000]]")
    kept = bench.evaluations.create(with_metrics(draft(bench, slow), "exact_match"))
    at = open_page(PAGE, evaluation=kept.id)
    at.button(key=f"evaluate.{kept.id}.go").click().run()
    at.button(key=f"evaluate.{kept.id}.pause").click().run()
    until(lambda: bench.evaluations.status(kept.id) == "paused")
    answered = len(bench.store.evaluations.keys(kept.id))
    assert answered < 160
    at.run()
    at.button(key=f"evaluate.{kept.id}.go").click().run()
    assert bench.evaluations.status(kept.id) == "running"
    at.run()
    at.button(key=f"evaluate.{kept.id}.cancel").click().run()
    assert not at.exception
    until(lambda: bench.evaluations.status(kept.id) == "cancelled")
    job_id = bench.evaluations.get(kept.id).job_id or ""
    until(lambda: not bench.jobs.busy(job_id))
    # What was answered stays.
    assert answered <= len(bench.store.evaluations.keys(kept.id)) < 160


def test_failed_rows_are_asked_again_with_a_click(open_page: Open, bench: Workbench) -> None:
    kept = run(bench, draft(bench, [*cases_of(4), Case("no ticket", {"reference": "low"})]))
    at = open_page(PAGE, evaluation=kept.id)
    assert "nobody can win" in texts(at)
    at.button(key=f"evaluate.{kept.id}.retry").click().run()
    assert not at.exception
    again = bench.evaluations.get(kept.id)
    assert again.job_id != kept.job_id
    finished(bench, kept.id)
    job = bench.jobs.get(again.job_id or "")
    # Two answers that cannot be asked, and the scores of what both candidates lack.
    assert job.total == 3


def test_other_metrics_score_the_same_answers(
    open_page: Open, bench: Workbench, triage: Evaluation
) -> None:
    at = open_page(PAGE, evaluation=triage.id)
    at.session_state["evaluate.rescore"] = True
    at.run()
    at.multiselect(key=f"evaluate.again.{triage.id}.computed").set_value(["chrf"]).run()
    at.button(key=f"evaluate.again.{triage.id}.start").click().run()
    assert not at.exception
    finished(bench, triage.id)
    assert {one.metric for one in bench.evaluations.results(triage.id).figures} == {
        "chrf", "coherence",
    }  # fmt: skip


def test_a_deleted_evaluation_can_be_brought_back(
    open_page: Open, bench: Workbench, triage: Evaluation
) -> None:
    at = open_page(PAGE, evaluation=triage.id)
    at.button(key="evaluate.delete").click().run()
    assert bench.evaluations.list() == []
    at.button(key="evaluate.undo").click().run()
    assert not at.exception
    assert [one.id for one in bench.evaluations.list()] == [triage.id]


def test_labels_that_are_mixed_up_are_shown_with_their_figures(
    open_page: Open, bench: Workbench, triage: Evaluation
) -> None:
    [signature] = [
        one for one, info in bench.evaluations.table(triage.id).infos.items()
        if info.name == "label_accuracy"
    ]  # fmt: skip
    at = open_page(PAGE, evaluation=triage.id)
    assert "Macro F1" not in texts(at)  # read only when asked for
    at.session_state[f"evaluate.labels.{signature}"] = True
    at.run()
    assert not at.exception
    assert "Macro F1: 100.0 %" in texts(at)
    at.segmented_control(key=f"evaluate.labels.of.{signature}").set_value("c2").run()
    assert not at.exception
    table = at.dataframe[1].value
    told = bench.evaluations.labels(triage.id, signature)["c2"]
    assert list(table["label"]) == [one.label for one in told.classes]
    assert list(table["f1"]) == [pytest.approx(100 * one.f1) for one in told.classes]
    wrong = sum(n for (wanted, got), n in told.matrix.counts.items() if wanted != got)
    assert (
        wrong
        and sum(int(count) for cell in table["others"] for count in re.findall(r"\((\d+)\)", cell))
        == wrong
    )
