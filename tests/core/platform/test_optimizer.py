"""The managed optimizer against a local server: what is sent, every end state, growing files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import InvalidInput, NotConfigured, WorkbenchError
from core.optimization.desk import Desk, MemoryJournal
from core.optimization.improve import Improvement, improve_by_service
from core.optimization.ledger import read_ledger
from core.optimization.managed import follow, label_of
from core.optimization.meta_prompts import Brief
from core.optimization.search import Found
from core.platform.optimizer import STATES, Account, ended_problem, few_shot_config
from core.records.datasets import Case
from core.records.metrics import MetricInfo, MetricSpec
from core.records.optimizations import (
    Feedback,
    Optimization,
    OptimizationDraft,
    OptimizationEvent,
    WeightedMetric,
)
from core.records.prompts import Part, PromptSpec, Turn
from tests.core.platform.optimizer_service import JobService

# The SDK warns while it is imported, of things that only it can mend.
pytestmark = pytest.mark.filterwarnings("default")
FOLDER = "gs://b/x"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_metadata_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for the credentials of a machine in the cloud takes seconds where there is none."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture
def service() -> Iterator[JobService]:
    made = JobService()
    yield made
    made.close()


def launch(service: JobService, label: str = "job", **fields: Any) -> Any:
    return service.optimizer(**fields).launch(label, FOLDER, {"num_steps": 10}, [{"q": "a"}])


def test_the_launch_is_the_sdks_with_our_files_in_the_bucket(service: JobService) -> None:
    job = launch(service)
    [body] = [body for method, _path, body in service.asked if method == "POST"]
    assert body["displayName"] == "job"
    spec = body["jobSpec"]
    assert spec["base_output_directory"] == {"output_uri_prefix": FOLDER}
    assert spec["service_account"] == "sa@x"
    [pool] = spec["worker_pool_specs"]
    assert pool["container_spec"]["args"] == [f"--config={FOLDER}/config.json"]
    assert pool["container_spec"]["image_uri"].endswith("/vertex-ai/cair/vaipo:preview_v1_0")
    assert pool["machine_spec"] == {"machine_type": "n1-standard-4"}
    config = json.loads(service.files[f"{FOLDER}/config.json"])
    assert config == {"num_steps": 10, "project": "p", "input_data_path": f"{FOLDER}/data.jsonl",
                      "output_path": f"{FOLDER}/out"}  # fmt: skip
    assert service.files[f"{FOLDER}/data.jsonl"] == b'{"q": "a"}'
    assert job.state == "waiting"
    assert job.console.endswith("/training/1/cpu?project=p")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"displayName": "x"}, id="nothing to run"),
        pytest.param({"displayName": "x", "jobSpec": {"worker_pools": []}}, id="no such field"),
    ],
)
def test_the_far_end_refuses_what_the_sdk_has_no_type_for(
    service: JobService, body: dict[str, Any]
) -> None:
    with pytest.raises((ValidationError, AssertionError)):
        service.launched(body)
    assert service.jobs == []


def test_the_image_is_a_setting(service: JobService) -> None:
    launch(service, image="host/other:1", account=Account(project_number="42"))
    [body] = [body for method, _path, body in service.asked if method == "POST"]
    [pool] = body["jobSpec"]["workerPoolSpecs"]
    assert pool["containerSpec"]["imageUri"] == "host/other:1"
    assert body["jobSpec"]["serviceAccount"] == "42-compute@developer.gserviceaccount.com"


def test_after_a_crash_the_job_is_found_by_its_label_not_launched_again(
    service: JobService,
) -> None:
    first = launch(service)
    assert launch(service).name == first.name
    assert len(service.jobs) == 1
    assert launch(service, label="another").name != first.name


@pytest.mark.parametrize("raw", STATES)
def test_every_state_of_the_service_is_known(service: JobService, raw: str) -> None:
    name = launch(service).name
    service.jobs[-1]["state"] = raw
    found = service.optimizer().poll(name)
    assert (found.raw_state, found.state) == (raw, STATES[raw])


def test_all_twelve_states_of_the_sdk_are_there() -> None:
    from google.cloud.aiplatform_v1.types import JobState

    assert {state.name for state in JobState} == set(STATES)


def test_cancelling_is_told_to_the_service(service: JobService) -> None:
    name = launch(service).name
    optimizer = service.optimizer()
    optimizer.cancel(name)
    assert optimizer.poll(name).state == "cancelled"


def test_a_refusal_names_the_permissions(service: JobService) -> None:
    service.refuse = (403, {"error": {"message": "no act-as on sa@x"}})
    with pytest.raises(NotConfigured, match=r"no act-as on sa@x.*roles/storage.objectAdmin"):
        launch(service)


@pytest.mark.parametrize(
    ("denied", "words"),
    [
        pytest.param("storage.objects.create", "storage.objects.create is missing.*aiplatform.user",
                     id="the bucket"),
        pytest.param("iam.serviceAccounts.actAs", "may not act as sa@x.*serviceAccountUser",
                     id="the account"),
    ],
)  # fmt: skip
def test_missing_permissions_are_named_before_anything_is_uploaded(
    service: JobService, denied: str, words: str
) -> None:
    service.denied.add(denied)
    with pytest.raises(NotConfigured, match=words):
        launch(service)
    assert service.files == {} and service.jobs == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"location": "global"}, "region", id="global has no jobs"),
        pytest.param({"account": Account()}, "service account", id="nobody to run as"),
        pytest.param({"account": Account("a", "1")}, "service account", id="two to run as"),
    ],
)
def test_what_cannot_be_launched_is_said_before_anything_is_sent(
    service: JobService, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        launch(service, **fields)
    assert service.asked == [] and service.files == {}


# -- following a job --


def optimization() -> Optimization:
    draft = OptimizationDraft(
        "t", PromptSpec(system="Say it.", turns=(Turn("user", (Part("{q}"),)),)), "v",
        "platform:gemini-2.5-flash", (WeightedMetric(MetricSpec("coherence")),),
        engine="managed", vapo={"output_path": FOLDER},
    )  # fmt: skip
    return Optimization("o1", draft, NOW, "ada", title="t")


def template(step: int, prompt: str, score: float) -> dict[str, Any]:
    return {"step": step, "prompt": prompt, "metrics": {"coherence/mean": score}}


class Script:
    """Lets time pass at the far end with every look."""

    def __init__(self, service: JobService, moments: list[tuple[str, Any]]) -> None:
        self._service, self._inner = service, service.optimizer()
        self._moments = moments

    def launch(self, *given: Any) -> Any:
        return self._inner.launch(*given)

    def poll(self, name: str) -> Any:
        state, files = self._moments.pop(0)
        self._service.jobs[-1]["state"] = state
        folder = f"{FOLDER}/{label_of(optimization())}/out/instruction"
        for file, data in files.items():
            self._service.put(f"{folder}/{file}", data)
        return self._inner.poll(name)

    def read_runs(self, folder: str, mode: str) -> Any:
        return self._inner.read_runs(folder, mode)


def followed(script: Script, journal: MemoryJournal) -> Found:
    info = MetricInfo("coherence", "coherence|1", scale="rating", low=1.0, high=5.0)

    async def work() -> Found:
        desk = Desk(journal, max_calls=100)
        await desk.open()
        cases = [Case("a", {"q": "x", "reference": "y"})]
        return await follow(optimization(), cases, [info], "Say it.", script, desk,
                            ended_problem, poll_s=0.0)  # fmt: skip

    return asyncio.run(work())


FIRST = [template(0, "Say it.", 3.0)]
BOTH = [*FIRST, template(1, "Tell it well.", 4.0)]


def test_growing_files_become_templates_and_the_best_one_is_found(service: JobService) -> None:
    journal = MemoryJournal()
    script = Script(service, [
        ("JOB_STATE_PENDING", {}),
        ("JOB_STATE_RUNNING", {"templates.json": FIRST}),
        ("JOB_STATE_RUNNING", {"templates.json": json.dumps(BOTH)[:-20]}),
        ("JOB_STATE_RUNNING", {"templates.json": BOTH}),
        ("JOB_STATE_SUCCEEDED", {"optimized_results.json": BOTH[1]}),
    ])  # fmt: skip
    found = followed(script, journal)
    assert found.best.instruction == "Tell it well."
    ledger = read_ledger([OptimizationEvent(n, kind, {**data, "calls": 0, "cost_usd": 0.0}, NOW)
                          for n, (kind, data) in enumerate(journal.told)])  # fmt: skip
    assert [(one.instruction, one.score) for one in ledger.templates] == [
        ("Say it.", 0.5), ("Tell it well.", 0.75),
    ]  # fmt: skip
    assert (ledger.best, ledger.stop) == (1, "service")
    rows = service.files[f"{FOLDER}/{label_of(optimization())}/data.jsonl"]
    assert json.loads(rows) == {"q": "x", "target": "y"}


def test_followed_again_after_a_kill_nothing_is_told_twice(service: JobService) -> None:
    journal = MemoryJournal()
    ending = [("JOB_STATE_SUCCEEDED", {"templates.json": BOTH})]
    followed(Script(service, list(ending)), journal)
    told = list(journal.told)
    followed(Script(service, list(ending)), journal)
    assert journal.told == told
    assert len(service.jobs) == 1


@pytest.mark.parametrize(
    ("state", "files", "words"),
    [
        pytest.param("JOB_STATE_SUCCEEDED", {}, "succeeded without an artefact", id="empty"),
        pytest.param("JOB_STATE_PARTIALLY_SUCCEEDED", {"templates.json": "[]"},
                     "Use the local engine", id="empty list"),
        pytest.param("JOB_STATE_SUCCEEDED", {"error.json": {"Error": "no such model"}},
                     "no such model", id="an error file"),
        pytest.param("JOB_STATE_FAILED", {}, "JOB_STATE_FAILED", id="failed"),
        pytest.param("JOB_STATE_EXPIRED", {}, "JOB_STATE_EXPIRED", id="expired"),
        pytest.param("JOB_STATE_CANCELLED", {}, "cancelled", id="cancelled"),
    ],
)  # fmt: skip
def test_a_job_without_a_result_says_so(
    service: JobService, state: str, files: dict[str, Any], words: str
) -> None:
    with pytest.raises(WorkbenchError, match=words):
        followed(Script(service, [(state, files)]), MemoryJournal())


# -- one-shot --


def test_what_does_not_parse_is_shown_raw(
    service: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimizer = service.optimizer()
    answer = SimpleNamespace(parsed_response=None, raw_text_response="Sorry, {")
    prompts = SimpleNamespace(optimize=lambda prompt, config: answer)
    monkeypatch.setattr(optimizer, "_client", SimpleNamespace(prompts=prompts))
    assert optimizer.improve("Say it.") == {"text": "", "changes": [], "raw": "Sorry, {"}
    answer.parsed_response = SimpleNamespace(suggested_prompt="Tell it.",
                                             applicable_guidelines=[])  # fmt: skip
    assert optimizer.improve("Say it.")["text"] == "Tell it."


GUIDELINE = {
    "applicable_guideline": "Be specific",
    "suggested_improvement": "Name the labels",
    "text_before_change": "Sort",
    "text_after_change": "Sort into urgent or low:",
}


def improved(service: JobService, *feedback: Feedback) -> Improvement:
    spec = PromptSpec(system="Sort {ticket}.")
    brief = Brief("", "", 400, {}, feedback)
    return improve_by_service(spec, feedback, brief, service.optimizer())


def test_the_services_own_rewriting_is_guarded_as_ours_is(service: JobService) -> None:
    reply = {
        "optimization_type": "zero-shot",
        "applicable_guidelines": [GUIDELINE],
        "original_prompt": "Sort {ticket}.",
        "suggested_prompt": "Sort {ticket} into urgent or low.",
    }
    text = json.dumps(reply)
    service.improved = [text[:40], text[40:]]
    found = improved(service)
    assert found.spec.system == "Sort {ticket} into urgent or low."
    assert found.rejected is None and not found.simulated
    assert found.changes == ("Be specific: Name the labels",)
    [(_verb, path, body)] = service.asked
    assert path.endswith(":optimizePrompt")
    assert "Sort {ticket}." in json.dumps(body)

    service.improved = [text.replace("Sort {ticket} into", "Sort {mail} into")]
    broken = improved(service)
    assert broken.rejected is not None and broken.rejected.reason == "variables"
    assert broken.spec.system == "Sort {ticket}."

    service.improved = ["Sorry, {"]
    unread = improved(service)
    assert unread.rejected is not None and unread.rejected.reason == "empty"
    assert unread.raw == "Sorry, {"


def test_a_service_that_refuses_to_rewrite_is_told_in_words(service: JobService) -> None:
    service.refuse = (403, {"error": {"code": 403, "message": "no permission", "status": "X"}})
    with pytest.raises(WorkbenchError, match=r"did not answer.*no permission"):
        improved(service)


FEW_SHOT = {
    "suggested_modifications": [
        {"applicable_guideline": "Keep it short", "suggested_improvement": "Name the limit"}
    ],
    "original_system_instructions": "Sort {ticket}.",
    "new_system_instructions": "Sort {ticket}. One word only.",
}


@pytest.mark.parametrize(
    ("rated", "target"),
    [
        pytest.param(Feedback(input="It is down", response="It seems urgent to me",
                              rubrics=(("Is it one word?", False),)), "RUBRICS", id="rubrics"),
        pytest.param(Feedback(input="It is down", response="low", expected="urgent"),
                     "TARGET_RESPONSE", id="expected answers"),
    ],
)  # fmt: skip
def test_rated_answers_go_to_the_few_shot_optimizer(
    service: JobService, rated: Feedback, target: str
) -> None:
    service.improved = [json.dumps(FEW_SHOT)]
    found = improved(service, rated)
    assert found.spec.system == "Sort {ticket}. One word only."
    assert found.changes == ("Keep it short: Name the limit",)
    [(_verb, _path, body)] = service.asked
    assert body["optimizationTarget"] == f"OPTIMIZATION_TARGET_FEW_SHOT_{target}"
    sent = body["content"]["parts"][0]["text"]
    assert "Sort {ticket}." in sent and "It is down" in sent and rated.response in sent


def test_feedback_becomes_the_few_shot_frame() -> None:
    config = few_shot_config([Feedback(input="q", response="a", rubrics=(("80字以内", True),))])
    [row] = config["examples_dataframe"].to_dict("records")
    assert row == {"prompt": "q", "model_response": "a", "rubrics": '["80字以内"]',
                   "rubrics_evaluations": "[True]"}  # fmt: skip
    with pytest.raises(InvalidInput, match="not both"):
        few_shot_config([Feedback(input="q", rubrics=(("x", True),)),
                         Feedback(input="q", expected="b")])  # fmt: skip
    with pytest.raises(InvalidInput, match="needs answers"):
        few_shot_config([Feedback("only a wish")])
