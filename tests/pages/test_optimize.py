"""The optimize page against a real store and the real sandbox, without a browser."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.optimization.vapo_config import draft_of, read_config
from core.records.metrics import MetricSpec
from core.records.optimizations import (
    Optimization,
    OptimizationDraft,
    WeightedMetric,
)
from core.workbench import Workbench
from pages.ui.optimize import config as optimize_config
from pages.ui.optimize import tree as optimize_tree
from tests.core.evaluation.evaluating import FLASH, OLD, PROMPT, cases_of, spec_of
from tests.core.optimization.optimizing import finished, run
from tests.pages.conftest import Open
from tests.waiting import until
from tests.workspace import made_once

PAGE = "improve/optimize"
VAGUE = "Give the ticket one of the labels urgent, high, normal, low. Answer with the label only."


def texts(at: AppTest) -> str:
    """Everything that is said on the page."""
    kinds: tuple[Any, ...] = (at.title, at.header, at.subheader, at.markdown, at.caption,
                              at.success, at.warning, at.info, at.error, at.button,
                              at.metric)  # fmt: skip
    return "\n".join(
        f"{getattr(one, 'label', '')} {getattr(one, 'value', '')}" for kind in kinds for one in kind
    )


def by_end(elements: Any, end: str) -> Any:
    """The widget whose key ends so."""
    return next(one for one in elements if str(one.key).endswith(end))


def number(at: AppTest, name: str) -> Any:
    """A number of the form."""
    return by_end(at.number_input, f".{name}")


def prepared(bench: Workbench, count: int = 48) -> tuple[str, str, str]:
    """Ids of a dataset version, a prompt and its version, as a person would have made them."""
    data = bench.datasets.create("tickets", cases_of(count), actor="tester", source="test")
    saved = bench.authoring.save_new(
        "triage", spec_of(PROMPT, system=VAGUE, model=FLASH), actor="tester"
    )
    return data.id, saved.version.prompt_id, saved.version.id


def draft(bench: Workbench, **fields: Any) -> OptimizationDraft:
    """A small job on the tickets."""
    data, prompt, version = prepared(bench)
    values: dict[str, Any] = {
        "title": "Triage for flash",
        "spec": bench.store.prompts.version(version).spec,
        "dataset_version_id": data,
        "target_model": FLASH,
        "metrics": (WeightedMetric(MetricSpec("label_accuracy")),),
        "prompt_id": prompt,
        "version_id": version,
        "steps": 3,
        "max_calls": 600,
        **fields,
    }
    return OptimizationDraft(**values)


@made_once
def done(bench: Workbench) -> Optimization:
    return run(bench, draft(bench), actor="tester")


def test_an_empty_list_says_what_an_optimization_needs(open_page: Open) -> None:
    at = open_page(PAGE)
    assert not at.exception
    assert "Nothing was optimized yet" in texts(at)
    assert "a column for each variable" in texts(at)


def test_the_list_shows_state_verdict_and_score_and_leads_to_the_job(
    open_page: Open, done: Optimization
) -> None:
    at = open_page(PAGE)
    assert not at.exception
    shown = texts(at)
    assert "Done" in shown
    assert "tuning score 12.5 →" in shown
    at.button(key=f"optimize.open.{done.id}").click().run()
    assert not at.exception
    assert at.title[0].value == "Triage for flash"


def test_the_verdict_comes_first_and_the_tuning_score_beside_it(
    open_page: Open, done: Optimization, bench: Workbench
) -> None:
    found = bench.optimizations.result(done.id)
    assert found.verdict is not None and found.best is not None
    at = open_page(PAGE, optimization=done.id)
    assert not at.exception
    said = [*at.success, *at.info, *at.error]
    assert f"on {found.verdict.n} test cases" in said[0].value
    assert r"95 %\:" in said[0].value
    labels = [one.label for one in at.metric]
    assert labels == ["Test score of the start", "Test score of the best prompt",
                      "Tuning score of the start", "Tuning score of the best prompt"]  # fmt: skip
    assert "Why the search ended" in texts(at)
    assert "simulated" in texts(at)


def test_cases_that_got_worse_are_listed_with_both_answers(
    open_page: Open, done: Optimization, bench: Workbench
) -> None:
    lost = bench.optimizations.worse(done.id)
    assert lost
    at = open_page(PAGE, optimization=done.id)
    table = at.dataframe[0].value
    assert list(table["case"]) == [one.case_id for one in lost]
    assert list(table["start"]) == [one.start_response for one in lost]


def test_every_prompt_that_was_tried_is_in_the_table(
    open_page: Open, done: Optimization, bench: Workbench
) -> None:
    ledger = bench.optimizations.ledger(done.id)
    at = open_page(PAGE, optimization=done.id, template="1")
    assert not at.exception
    table = at.dataframe[2].value
    assert list(table["number"])[: len(ledger.templates)] == [
        str(one.number) for one in ledger.templates
    ]
    assert {"step", "prompt", "metric.label_accuracy", "state"} <= set(table.columns)
    assert "Prompt 1" in texts(at)
    answers = at.dataframe[3].value
    assert len(answers) == len(bench.optimizations.rows(done.id, 1))


def test_the_tree_shows_which_prompt_was_made_from_which(
    open_page: Open, done: Optimization, bench: Workbench
) -> None:
    at = open_page(PAGE, optimization=done.id)
    assert "Which prompt was made from which" in [one.label for one in at.expander]
    ledger = bench.optimizations.ledger(done.id)
    drawn = json.loads(optimize_tree.drawn(ledger).to_json())
    [edges, nodes] = sorted(drawn["datasets"].values(), key=lambda one: "x2" not in one[0])
    assert [one["number"] for one in nodes] == [str(one.number) for one in ledger.templates]
    assert len(edges) == len(ledger.templates) - 1
    # The way to the best one is told apart, from the start on.
    assert nodes[0]["way"] and nodes[ledger.best]["way"]


def test_before_and_after_are_compared_on_test_cases_that_were_opened(
    open_page: Open, done: Optimization, bench: Workbench
) -> None:
    at = open_page(PAGE, optimization=done.id)
    at.button(key="optimize.compare").click().run()
    assert not at.exception and not at.error
    candidates, cases = bench.optimizations.before_and_after(done.id)
    assert [one.title for one in candidates] == ["before", "after"]
    assert candidates[0].spec.system == VAGUE != candidates[1].spec.system
    tested = {one.case_id for one in bench.optimizations.test_rows(done.id)}
    assert len(cases) == 5 and {one.id for one in cases} <= tested


def test_a_managed_job_that_failed_offers_the_local_engine(
    open_page: Open, bench: Workbench
) -> None:
    kept = bench.optimizations.create(draft(bench, engine="managed"), actor="tester")
    job = bench.store.jobs.create("optimization", "x", {}, [], "tester")
    bench.store.jobs.set_state(job.id, "failed", "The managed job left no template.", "tester")
    bench.store.optimizations.change(kept.id, job_id=job.id, actor="tester")
    at = open_page(PAGE, optimization=kept.id)
    assert not at.exception
    assert "left no template" in at.error[0].value
    at.button(key=f"optimize.{kept.id}.local").click().run()
    assert not at.exception
    assert dict(at.query_params) == {"view": "new", "copy": kept.id, "engine": "local"}
    at = open_page(PAGE, view="new", copy=kept.id, engine="local")
    assert not at.exception and not at.error


def test_nothing_is_applied_until_somebody_does(
    open_page: Open, done: Optimization, bench: Workbench
) -> None:
    prompt = str(done.draft.prompt_id)
    assert len(bench.store.prompts.versions(prompt)) == 1
    at = open_page(PAGE, optimization=done.id)
    at.button(key="optimize.apply").click().run()
    assert not at.exception
    newest, _start = bench.store.prompts.versions(prompt)
    assert done.id in newest.message
    found = bench.optimizations.result(done.id)
    assert newest.spec.system == found.spec.system
    assert newest.spec.model == FLASH
    assert bench.optimizations.get(done.id).applied_version_id == newest.id


def test_a_deleted_job_can_be_brought_back(
    open_page: Open, done: Optimization, bench: Workbench
) -> None:
    at = open_page(PAGE, optimization=done.id)
    at.button(key="optimize.delete").click().run()
    assert bench.optimizations.list() == []
    at.button(key="optimize.undo").click().run()
    assert not at.exception
    assert [one.id for one in bench.optimizations.list()] == [done.id]


def test_a_long_list_is_shown_in_parts(open_page: Open, bench: Workbench) -> None:
    asked = draft(bench)
    for number in range(25):
        bench.optimizations.create(replace(asked, title=f"job {number}"), actor="tester")
    at = open_page(PAGE)
    assert "job 5" in texts(at) and "job 4" not in texts(at)
    at.button(key="optimize.more").click().run()
    assert not at.exception
    assert "job 4" in texts(at) and "job 0" in texts(at)


# -- the form --


def test_a_job_is_set_up_checked_estimated_and_started(open_page: Open, bench: Workbench) -> None:
    prepared(bench)
    at = open_page(PAGE, view="new")
    assert not at.exception
    shown = texts(at)
    assert "Every variable has a column" in shown
    assert "24 kept apart for the verdict" in shown
    assert "Smallest gain that shows" in shown
    number(at, "calls").set_value(60).run()
    assert "Never more than 60 calls" in texts(at)
    assert "pays for 15 of the 24 test cases" in texts(at)
    at.button(key="optimize.start").click().run()
    assert not at.exception
    kept = bench.optimizations.list()[0]
    assert kept.draft.max_calls == 60
    assert [one.metric.name for one in kept.draft.metrics] == ["exact_match"]
    finished(bench, kept.id)
    assert bench.optimizations.progress(kept.id).calls <= 60


def test_a_prompt_without_a_column_for_its_variable_cannot_be_started(
    open_page: Open, bench: Workbench
) -> None:
    bench.datasets.create("tickets", cases_of(24), actor="tester", source="test")
    bench.authoring.save_new("other", spec_of("{question}", system=VAGUE), actor="tester")
    at = open_page(PAGE, view="new")
    assert not at.exception
    assert "the dataset has no such column" in texts(at)
    assert at.button(key="optimize.start").disabled


def test_too_few_cases_are_told_before_anything_is_spent(open_page: Open, bench: Workbench) -> None:
    prepared(bench, 12)
    assert "too few" in texts(open_page(PAGE, view="new"))


def test_several_metrics_have_weights(open_page: Open, bench: Workbench) -> None:
    prepared(bench)
    at = open_page(PAGE, view="new")
    by_end(at.multiselect, ".computed").set_value(["label_accuracy", "chrf"]).run()
    number(at, "weight.chrf").set_value(0.5).run()
    at.button(key="optimize.keep").click().run()
    assert not at.exception
    draft = bench.optimizations.list()[0].draft
    assert [(one.metric.name, one.weight) for one in draft.metrics] == [
        ("label_accuracy", 1.0), ("chrf", 0.5),
    ]  # fmt: skip
    assert draft.aggregation == "weighted_average"


def test_the_address_says_what_the_form_begins_with(open_page: Open, bench: Workbench) -> None:
    data, prompt, version = prepared(bench)
    bench.datasets.create("others", cases_of(8), actor="tester", source="test")
    bench.authoring.save_new("a first one", spec_of("{ticket}", system=VAGUE), actor="tester")
    at = open_page(PAGE, view="new", prompt=prompt, version=version, dataset=data, model=OLD)
    assert not at.exception
    chosen = {str(one.key).rpartition(".")[2]: one.value for one in at.selectbox}
    assert chosen["prompt"] == prompt
    assert chosen["target"] == OLD
    assert "24 cases to tune on" in texts(at)


def test_a_copy_begins_as_its_original(open_page: Open, bench: Workbench) -> None:
    asked = draft(bench, steps=7, language="Japanese", frozen={"tone": "Answer with the label only"},
                  metrics=(WeightedMetric(MetricSpec("chrf"), 1.0),))  # fmt: skip
    kept = bench.optimizations.create(asked, actor="tester")
    at = open_page(PAGE, view="new", copy=kept.id)
    assert not at.exception
    at.button(key="optimize.keep").click().run()
    assert not at.exception
    made = bench.optimizations.list()[0].draft
    assert (made.steps, made.language, dict(made.frozen)) == (
        7, "Japanese", {"tone": "Answer with the label only"},
    )  # fmt: skip
    assert [one.metric.name for one in made.metrics] == ["chrf"]


def test_a_job_that_waits_can_be_started(open_page: Open, bench: Workbench) -> None:
    kept = bench.optimizations.create(draft(bench, max_calls=60), actor="tester")
    at = open_page(PAGE, optimization=kept.id)
    assert not at.exception
    assert "Not started" in texts(at)
    at.button(key=f"optimize.{kept.id}.go").click().run()
    assert not at.exception
    assert bench.optimizations.get(kept.id).job_id
    finished(bench, kept.id)


def test_a_paused_job_goes_on_where_it_was(open_page: Open, bench: Workbench) -> None:
    kept = bench.optimizations.create(draft(bench, max_calls=80), actor="tester")
    bench.optimizations.start(kept.id, actor="tester")
    bench.optimizations.pause(kept.id, actor="tester")
    until(lambda: bench.optimizations.status(kept.id) == "paused", 30)
    at = open_page(PAGE, optimization=kept.id)
    assert not at.exception
    assert "Paused" in texts(at)
    at.button(key=f"optimize.{kept.id}.go").click().run()
    assert not at.exception
    assert bench.optimizations.status(finished(bench, kept.id).id) == "done"
    assert bench.optimizations.progress(kept.id).calls <= 80


def test_a_job_that_paused_by_itself_says_why(open_page: Open, bench: Workbench) -> None:
    kept = bench.optimizations.create(draft(bench, max_calls=80), actor="tester")
    bench.optimizations.start(kept.id, actor="tester")
    bench.optimizations.pause(kept.id, actor="tester")
    job_id = bench.optimizations.get(kept.id).job_id or ""
    until(lambda: not bench.jobs.busy(job_id), 30)
    assert "Paused" in texts(open_page(PAGE, optimization=kept.id))
    bench.store.jobs.set_state(job_id, "paused", "9 of 16 calls failed at once", "tester")
    at = open_page(PAGE, optimization=kept.id)
    assert not at.exception
    assert [one.value for one in at.warning] == ["9 of 16 calls failed at once"]


def test_title_and_memo_can_be_changed(open_page: Open, bench: Workbench) -> None:
    kept = bench.optimizations.create(draft(bench), actor="tester")
    at = open_page(PAGE, optimization=kept.id)
    next(one for one in at.text_input if one.label == "Title").set_value("Second try")
    next(one for one in at.text_area if one.label == "Memo").set_value("With the **new** cases.")
    next(one for one in at.button if one.label == "Save").click().run()
    assert not at.exception
    changed = bench.optimizations.get(kept.id)
    assert (changed.title, changed.draft.memo) == ("Second try", "With the **new** cases.")
    assert at.title[0].value == "Second try"


# -- configurations --


CONFIG = {
    "project": "p",
    "system_instruction": VAGUE,
    "prompt_template": "Ticket: {{ticket}}",
    "target_model": FLASH,
    "optimization_mode": "instruction",
    "eval_metrics_types": ["exact_match"],
    "eval_metrics_weights": [1.0],
    "num_steps": 12,
    "input_data_path": "gs://b/rows.jsonl",
    "output_path": "gs://b/out",
    "language": "English",
}


def test_a_configuration_fills_the_form(open_page: Open, bench: Workbench) -> None:
    bench.datasets.create("tickets", cases_of(24), actor="tester", source="test")
    at = open_page(PAGE, view="new")
    at.file_uploader[0].set_value(("job.json", json.dumps(CONFIG).encode(), "application/json"))
    at.run()
    at.button(key="optimize.config.take").click().run()
    assert not at.exception
    assert "The form begins with the configuration" in texts(at)
    at.button(key="optimize.keep").click().run()
    assert not at.exception
    draft = bench.optimizations.list()[0].draft
    assert (draft.title, draft.steps, draft.spec.system) == ("job", 12, VAGUE)
    assert draft.spec.turns[0].text == "Ticket: {ticket}"


def test_everything_wrong_with_a_configuration_is_named(open_page: Open, bench: Workbench) -> None:
    prepared(bench)
    wrong = {**CONFIG, "num_stepz": 3, "num_steps": "many", "eval_metrics_types": ["blue"]}
    at = open_page(PAGE, view="new")
    at.file_uploader[0].set_value(("job.json", json.dumps(wrong).encode(), "application/json"))
    at.run()
    at.button(key="optimize.config.take").click().run()
    assert not at.exception
    said = at.error[0].value.replace("\\", "")
    assert "num_stepz" in said and "num_steps must be a whole number" in said
    assert "There is no metric blue" in said
    assert "The form begins with the configuration" not in texts(at)


def test_what_is_exported_is_read_back(bench: Workbench) -> None:
    asked = draft(bench)
    config = read_config(optimize_config.config_text(asked))
    assert config.problems == ()
    back = draft_of(config, title=asked.title, dataset_version_id=asked.dataset_version_id,
                    default_surface="sandbox")  # fmt: skip
    assert (back.spec.system, back.target_model, back.steps, back.max_calls) == (
        asked.spec.system, asked.target_model, asked.steps, asked.max_calls,
    )  # fmt: skip


def test_result_files_come_in_one_archive(bench: Workbench, done: Optimization) -> None:
    with zipfile.ZipFile(io.BytesIO(optimize_config.zipped(done.id)())) as archive:
        names = archive.namelist()
        templates = json.loads(archive.read("templates.json"))
    assert {"templates.json", "eval_results.json", "optimized_results.json"} <= set(names)
    assert "label_accuracy/mean" in templates[0]["metrics"]


# -- strange addresses --


@pytest.mark.parametrize(
    "query",
    [
        {"optimization": "nobody"},
        {"optimization": "019ab000-0000-7000-8000-000000000000"},
        {"view": "new", "prompt": "x", "version": "y", "dataset": "z", "model": ":::", "copy": "q"},
        {"view": "x", "template": "-1"},
    ],
    ids=str,
)
def test_a_strange_address_never_breaks_the_page(
    open_page: Open, bench: Workbench, query: dict[str, str]
) -> None:
    prepared(bench)
    at = open_page(PAGE, **query)
    assert not at.exception


@pytest.mark.parametrize("template", ["999", "-1", "one", "1" * 5_000])
def test_a_prompt_that_is_not_there_is_no_problem(
    open_page: Open, done: Optimization, template: str
) -> None:
    at = open_page(PAGE, optimization=done.id, template=template)
    assert not at.exception


# -- the verdict in words --


# -- one shot on the prompt page --


def test_a_prompt_is_improved_once_and_taken_into_the_draft_with_undo(
    open_page: Open, bench: Workbench
) -> None:
    _data, prompt, _version = prepared(bench)
    at = open_page("studio/prompt", prompt=prompt)
    assert not at.exception
    by_end(at.text_area, ".improve.feedback").set_value("Say what each label means.").run()
    by_end(at.button, ".improve.ask").click().run()
    assert not at.exception
    assert "Changes," in texts(at)
    by_end(at.button, ".improve.take").click().run()
    assert not at.exception
    draft = bench.authoring.draft("tester", prompt)
    assert draft is not None and draft.spec.system != VAGUE
    assert by_end(at.text_area, ".system").value == draft.spec.system
    assert len(bench.store.prompts.versions(prompt)) == 1
    next(one for one in at.button if one.label == "Bring back the earlier draft").click().run()
    assert by_end(at.text_area, ".system").value == VAGUE
