"""An evaluation whose scores come from the platform's service, as part of the same job."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Settings
from core.evaluation.managed import TOGETHER, VERSIONS, managed_metric, version_of
from core.evaluation.plan import Done, Wanted, units
from core.records.evaluations import AnswerKey
from core.records.metrics import MetricSpec
from core.workbench import Workbench
from tests.core.evaluation.evaluating import candidates_of, cases_of, draft, run
from tests.core.platform.service import Service

# The SDK warns while it is imported, of things that only it can mend.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def platform_bench(service: Service, sandbox_url: str, tmp_path: Path) -> Iterator[Workbench]:
    real = ("GOOGLE_", "GEMINI_", "WORKBENCH_")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(real)}
    opened = Workbench.open(
        Settings.from_environment(
            {
                **environ,
                "WORKBENCH_DB": str(tmp_path / "w.duckdb"),
                "WORKBENCH_SANDBOX_URL": sandbox_url,
                "GOOGLE_GENAI_USE_VERTEXAI": "true",
                "GOOGLE_CLOUD_PROJECT": "p",
                "GOOGLE_CLOUD_LOCATION": "us-central1",
                "GOOGLE_VERTEX_BASE_URL": service.url,
            }
        )
    )
    yield opened
    opened.close()


def test_the_services_scores_stand_beside_the_computed_ones(
    platform_bench: Workbench, service: Service
) -> None:
    service.rule = lambda metric, prompt, response: (
        200, {"metricResults": [{"score": 1.0 if response in prompt else 0.0}]},
    )  # fmt: skip
    asked = draft(platform_bench, cases_of(4),
                  metrics=(MetricSpec("label_accuracy"), MetricSpec("managed_safety")))  # fmt: skip
    evaluation = run(platform_bench, asked)
    assert platform_bench.evaluations.status(evaluation.id) == "done"
    assert evaluation.metrics[1].options == {"version": "v3"}
    signature = managed_metric("managed_safety").signature
    lines = [
        line for line in platform_bench.store.scores.lines(evaluation.id)
        if line.signature == signature
    ]  # fmt: skip
    assert {(line.case_id, line.candidate) for line in lines} == {
        (f"t{n:04}", candidate) for n in range(4) for candidate in ("c1", "c2")
    }
    assert {line.status for line in lines} == {"ok"}
    assert len(service.asked) == 8
    prompts = {str(body["instance"]["prompt"]) for _, body in service.asked}
    assert all("You triage support tickets" in prompt for prompt in prompts), "the task is told"
    assert signature in platform_bench.evaluations.results(evaluation.id).infos


def test_without_a_connection_the_job_says_what_is_missing(bench: Workbench) -> None:
    asked = draft(bench, cases_of(2), metrics=(MetricSpec("managed_safety"),))
    evaluation = run(bench, asked)
    progress = bench.evaluations.progress(evaluation.id)
    assert progress.status == "failed"
    assert progress.events[-1].values["surface"] == "platform"
    assert bench.store.scores.lines(evaluation.id) == []
    assert len(bench.store.evaluations.keys(evaluation.id)) == 4, "the answers are kept"


def test_units_of_the_service_hold_one_candidate_each() -> None:
    cases, candidates = cases_of(TOGETHER + 3), candidates_of("m1", "m2")
    wanted = Wanted(managed=("s|service:safety_v3",))
    done = Done(scores={(AnswerKey("t0000", "c1", 0), "s|service:safety_v3")})
    planned = [
        unit.payload for unit in units(cases, candidates, 1, wanted, done)
        if unit.payload["stage"] == "managed"
    ]  # fmt: skip
    assert [len(payload["keys"]) for payload in planned] == [TOGETHER, 2, TOGETHER, 3]
    assert [{key[1] for key in payload["keys"]} for payload in planned] == [
        {"c1"}, {"c1"}, {"c2"}, {"c2"},
    ]  # fmt: skip


def test_the_newest_version_is_written_down() -> None:
    for name, versions in VERSIONS.items():
        assert version_of(managed_metric(name)) == versions[-1]
