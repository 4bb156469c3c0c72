"""Rewriting from rated answers on the page."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.records.comparisons import Candidate
from core.records.evaluations import Evaluation
from core.records.metrics import MetricSpec
from core.workbench import Workbench
from tests.core.evaluation.evaluating import FLASH, PROMPT, cases_of, draft, run, spec_of
from tests.pages.conftest import Open
from tests.pages.test_optimize import VAGUE, by_end, texts

PAGE = "improve/optimize"


def evaluated(bench: Workbench, metric: str = "exact_match", count: int = 16) -> Evaluation:
    """A saved version, evaluated on the tickets."""
    saved = bench.authoring.save_new(
        "triage", spec_of(PROMPT, system=VAGUE, model=FLASH), actor="tester"
    ).version
    one = Candidate("c1", "triage v1", saved.spec, FLASH, saved.prompt_id, saved.id)
    return run(bench, draft(bench, cases_of(count), candidates=(one,),
                            metrics=(MetricSpec(metric),)))  # fmt: skip


def opened(open_page: Open, evaluation: Evaluation, model: str = FLASH) -> AppTest:
    """The form with that evaluation's answers and that model."""
    at = open_page(PAGE, view="examples", evaluation=evaluation.id)
    assert not at.exception and not at.error
    by_end(at.selectbox, "examples.model").set_value(model).run()
    return at


def test_without_an_evaluation_it_says_where_examples_come_from(open_page: Open) -> None:
    at = open_page(PAGE)
    at.button(key="optimize.examples").click().run()
    assert not at.exception
    assert at.title[0].value == "Rewrite from rated answers"
    assert "There is no evaluation yet" in texts(at)


def test_expected_answers_become_examples_and_the_proposal_a_version(
    open_page: Open, bench: Workbench
) -> None:
    evaluation = evaluated(bench)
    [one] = evaluation.candidates
    at = opened(open_page, evaluation)
    allowed = bench.optimizations.drafts.tuning_ids(evaluation.dataset_version_id)
    assert 0 < len(allowed) < 16
    assert any(item.label.startswith(f"{len(allowed)} examples") for item in at.expander)
    at.button(key="examples.ask").click().run()
    assert not at.exception and not at.error
    assert len(bench.store.prompts.versions(str(one.prompt_id))) == 1
    at.button(key="examples.save").click().run()
    assert not at.exception and not at.error
    newest, start = bench.store.prompts.versions(str(one.prompt_id))
    assert evaluation.id in newest.message and start.spec.system == VAGUE
    assert newest.spec.system.startswith(VAGUE) and newest.spec.system != VAGUE
    # What an optimization will test on was in none of the examples.
    tickets = {case.id: case.fields["ticket"] for case in cases_of(16)}
    assert not [id_ for id_ in tickets if id_ not in allowed and tickets[id_] in newest.spec.system]


def test_verdicts_on_questions_are_examples_too(open_page: Open, bench: Workbench) -> None:
    evaluation = evaluated(bench, "general_quality", 8)
    at = opened(open_page, evaluation)
    kinds = at.segmented_control[0].options
    assert kinds[0].startswith("Verdicts on questions") and kinds[1].startswith("Expected answers")
    rated = at.dataframe[0].value["rated"]
    assert all(text.startswith(("✓", "✗")) for text in rated)
    at.button(key="examples.ask").click().run()
    assert not at.exception and not at.error


def test_rated_answers_can_go_into_a_job_that_measures(open_page: Open, bench: Workbench) -> None:
    evaluation = evaluated(bench, count=48)
    at = opened(open_page, evaluation)
    at.button(key="examples.optimize").click().run()
    assert not at.exception and not at.error
    assert "24 of its answers go along" in texts(at)
    at.button(key="optimize.keep").click().run()
    assert not at.exception
    kept = bench.optimizations.list()[0].draft
    assert len(kept.feedback) == 24 and all(one.expected for one in kept.feedback)
    assert kept.prompt_id == evaluation.candidates[0].prompt_id
    assert [one.metric.name for one in kept.metrics] == ["exact_match"]
