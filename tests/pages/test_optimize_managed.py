"""The platform's optimizers from the pages, against a local server that answers as it does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.optimization.managed import label_of
from core.workbench import Workbench
from tests.core.evaluation.evaluating import until
from tests.core.platform.optimizer_service import JobService
from tests.pages.conftest import Open
from tests.pages.managed_service import environment, service
from tests.pages.test_optimize import PAGE, VAGUE, by_end, draft, prepared, texts
from tests.pages.test_optimize_examples import evaluated, opened

# The platform's SDK warns while it is imported.
pytestmark = pytest.mark.filterwarnings("default")
__all__ = ["environment", "service"]
FOLDER = "gs://b/x"
BETTER = (
    f"{VAGUE}\n- urgent: the whole service is down, data was lost\n"
    "- high: a wrong charge, an invoice, work is blocked\n- normal: how-to questions, settings\n"
    "- low: praise, feedback, wishes"
)


def templates(*prompts: str) -> list[dict[str, Any]]:
    return [{"step": step, "prompt": prompt, "metrics": {"label_accuracy/mean": step / 10}}
            for step, prompt in enumerate(prompts)]  # fmt: skip


def test_a_managed_job_is_launched_followed_judged_and_not_launched_again(
    open_page: Open, bench: Workbench, service: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.handlers["optimization"], "_poll_s", 0.02)
    vapo = {"output_path": FOLDER, "service_account": "sa@x"}
    kept = bench.optimizations.create(draft(bench, engine="managed", vapo=vapo), actor="tester")
    at = open_page(PAGE, optimization=kept.id)
    at.button(key=f"optimize.{kept.id}.go").click().run()
    assert not at.exception and not at.error
    until(lambda: service.jobs)
    assert service.jobs[0]["displayName"] == label_of(kept)

    # Its file grows, and what is in it is on the page while it runs.
    place = f"{FOLDER}/{label_of(kept)}/out/instruction/templates.json"
    service.jobs[0]["state"] = "JOB_STATE_RUNNING"
    service.put(place, templates(VAGUE, BETTER))
    until(lambda: len(bench.optimizations.ledger(kept.id).templates) == 2)
    at = open_page(PAGE, optimization=kept.id)
    assert not at.exception
    assert "Running" in texts(at)
    assert "At the service: JOB_STATE_RUNNING" in texts(at).replace("\\", "")
    links = [one.proto.page for one in at.get("page_link")]
    assert any("console.cloud.google.com" in one and one.endswith("project=p") for one in links)

    # Paused and gone on with, it is found by its label.
    bench.optimizations.pause(kept.id, actor="tester")
    until(lambda: not bench.jobs.busy(bench.optimizations.get(kept.id).job_id or ""))
    bench.optimizations.resume(kept.id, actor="tester")
    service.jobs[0]["state"] = "JOB_STATE_SUCCEEDED"
    until(lambda: bench.optimizations.status(kept.id) != "running")
    found = bench.optimizations.result(kept.id)
    assert found.status == "done" and len(service.jobs) == 1
    assert found.best is not None and found.best.instruction == BETTER
    assert found.verdict is not None and found.verdict.n == 24
    at = open_page(PAGE, optimization=kept.id)
    assert not at.exception and not at.error
    assert "on 24 test cases" in texts(at)


def test_a_job_that_succeeded_but_left_nothing_leads_to_the_local_engine(
    open_page: Open, bench: Workbench, service: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.handlers["optimization"], "_poll_s", 0.02)
    vapo = {"output_path": FOLDER, "service_account": "sa@x"}
    kept = bench.optimizations.create(draft(bench, engine="managed", vapo=vapo), actor="tester")
    bench.optimizations.start(kept.id, actor="tester")
    until(lambda: service.jobs)
    service.jobs[0]["state"] = "JOB_STATE_SUCCEEDED"
    until(lambda: bench.optimizations.status(kept.id) == "failed")
    at = open_page(PAGE, optimization=kept.id)
    assert not at.exception
    assert "succeeded without an artefact" in at.error[0].value
    assert f"optimize.{kept.id}.local" in [one.key for one in at.button]


def test_where_and_as_whom_it_runs_is_asked_with_the_roles_that_takes(
    open_page: Open, bench: Workbench
) -> None:
    prepared(bench)
    at = open_page(PAGE, view="new")
    by_end(at.selectbox, ".engine").set_value("managed").run()
    assert not at.exception
    assert "roles/storage.objectAdmin" in texts(at).replace("\\", "")
    given = {"output_path": FOLDER, "service_account": "sa@x", "image_uri": "host/image:1"}
    for name, text in given.items():
        by_end(at.text_input, f".{name}").set_value(text)
    at.run()
    at.button(key="optimize.keep").click().run()
    assert not at.exception and not at.error
    kept = bench.optimizations.list()[0].draft
    assert kept.engine == "managed"
    assert {name: kept.vapo[name] for name in given} == given


def sent(service: JobService) -> dict[str, Any]:
    [body] = [body for verb, path, body in service.asked
              if verb == "POST" and path.endswith(":optimizePrompt")]  # fmt: skip
    found: dict[str, Any] = body
    return found


def test_the_managed_few_shot_optimizer_is_asked_and_its_answer_saved(
    open_page: Open, bench: Workbench, service: JobService
) -> None:
    evaluation = evaluated(bench)
    at = opened(open_page, evaluation, "managed")
    assert "roles/aiplatform.user" in texts(at).replace("\\", "")
    service.improved = [json.dumps({
        "suggested_modifications": [
            {"applicable_guideline": "Keep it short", "suggested_improvement": "Name the limit"}
        ],
        "original_system_instructions": VAGUE,
        "new_system_instructions": f"{VAGUE} One word.",
    })]  # fmt: skip
    at.button(key="examples.ask").click().run()
    assert not at.exception and not at.error
    body = sent(service)
    assert body["optimizationTarget"] == "OPTIMIZATION_TARGET_FEW_SHOT_TARGET_RESPONSE"
    assert VAGUE in body["content"]["parts"][0]["text"]
    assert "Keep it short" in texts(at)
    at.button(key="examples.save").click().run()
    newest, _start = bench.store.prompts.versions(str(evaluation.candidates[0].prompt_id))
    assert newest.spec.system == f"{VAGUE} One word."

    # What does not parse is shown as it came, and cannot be saved.
    service.improved = ["Sorry, {"]
    at.button(key="examples.ask").click().run()
    assert not at.exception
    assert "it is shown as it came" in at.warning[0].value
    assert "Sorry, {" in [one.value for one in (*at.code, *at.text, *at.markdown)]
    assert "examples.save" not in [one.key for one in at.button]
