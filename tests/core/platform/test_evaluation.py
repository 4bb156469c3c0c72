"""The managed engine against a local server that answers as the evaluation service does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from core.errors import InvalidInput, NotConfigured
from core.evaluation.managed import PREFIX, VERSIONS, managed_metric, spec_name
from core.platform.evaluation import ManagedEvaluation, missing_packages
from core.platform.evaluation_mapping import scores_by_id
from core.records.datasets import Case
from core.records.evaluations import Response
from core.records.models import Connection
from tests.core.platform.service import Service, text_of

# The SDK warns while it is imported, of things that only it can mend.
pytestmark = pytest.mark.filterwarnings("default")
PATH = "/v1beta1/projects/p/locations/us-central1/:evaluateInstances"
CASES = {
    "c1": Case("c1", {"prompt": "Why?", "instruction": "Be brief.", "context": "It rains."}),
    "c2": Case("c2", {"prompt": "How?", "reference": "So."}),
    "c3": Case("c3", {"prompt": "Who?", "context": "Ada."}),
}


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.server.shutdown()
    one.server.server_close()


def answers(*texts: str, candidate: str = "new") -> list[Response]:
    return [Response(f"c{n}", candidate, 0, None, text) for n, text in enumerate(texts, 1)]


def test_each_answer_gets_its_own_score_by_id_and_not_by_row(service: Service) -> None:
    scores = {"Because.": 0.25, "So.": 0.75, "Ada.": 1.0, "Because!": 0.0}
    service.rule = lambda metric, prompt, response: (
        200, {"metricResults": [{"score": scores[response], "explanation": f"of {response}"}]},
    )  # fmt: skip
    given = [*answers("Because.", "So.", "Ada."), Response("c1", "new", 1, None, "Because!")]
    found = service.evaluation().score(
        "e1", list(reversed(given)), CASES, [managed_metric("managed_general_quality")]
    )
    assert {(one.case_id, one.repeat): one.score.value for one in found} == {
        ("c1", 0): 0.25, ("c2", 0): 0.75, ("c3", 0): 1.0, ("c1", 1): 0.0,
    }  # fmt: skip
    assert {one.candidate for one in found} == {"new"}
    assert {one.evaluation_id for one in found} == {"e1"}
    assert {one.judge_requested for one in found} == {"managed:general_quality_v2"}
    assert {one.signature for one in found} == {
        "managed_general_quality|service:general_quality_v2"
    }
    first = next(one for one in found if (one.case_id, one.repeat) == ("c1", 0))
    assert first.score.reason == "of Because."


def test_what_is_sent_names_the_version_and_holds_the_case(service: Service) -> None:
    service.evaluation().score(
        "e1",
        answers("Because."),
        CASES,
        [managed_metric("managed_grounding"), managed_metric("managed_safety", "v1")],
    )
    assert [path for path, _ in service.asked] == [PATH, PATH]
    bodies = {
        body["metrics"][0]["predefined_metric_spec"]["metric_spec_name"]: body["instance"]
        for _, body in service.asked
    }
    assert set(bodies) == {"grounding_v2", "safety_v1"}
    instance = bodies["grounding_v2"]
    assert text_of(instance["prompt"]) == "Be brief.\n\nWhy?"
    assert text_of(instance["response"]) == "Because."
    assert "It rains." in json.dumps(instance["otherData"])


def test_verdicts_on_rubrics_come_along(service: Service) -> None:
    verdicts = [
        {"verdict": True, "reasoning": "It does.",
         "evaluatedRubric": {"rubricId": "r1",
                             "content": {"property": {"description": "Names a cause"}}}},
        {"verdict": False, "reasoning": "Too long."},
    ]  # fmt: skip
    service.rule = lambda metric, prompt, response: (
        200, {"metricResults": [{"score": 0.5, "rubricVerdicts": verdicts}]},
    )  # fmt: skip
    (found,) = service.evaluation().score("e1", answers("Because."), CASES,
                                          [managed_metric("managed_text_quality")])  # fmt: skip
    assert found.score.details["questions"] == [
        {"id": "r1", "text": "Names a cause", "verdict": True, "reason": "It does."},
        {"id": "", "text": "", "verdict": False, "reason": "Too long."},
    ]
    assert found.score.reason == "Too long."


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param((400, {"error": {"code": 400, "message": "no such judge"}}), "no such judge",
                     id="refused"),
        pytest.param((200, {"metricResults": []}), "missing", id="nothing"),
        pytest.param((200, {"metricResults": [{"error": {"code": 13, "message": "odd"}}]}), "odd",
                     id="an error as a result"),
        pytest.param((200, {"metricResults": [{"explanation": "hm"}]}), "no number", id="no score"),
    ],
)  # fmt: skip
def test_what_the_service_does_not_score_is_an_error_and_never_a_zero(
    service: Service, reply: tuple[int, Any], words: str
) -> None:
    service.rule = lambda metric, prompt, response: (
        reply if prompt.startswith("How") else (200, {"metricResults": [{"score": 1.0}]})
    )
    found = service.evaluation().score("e1", answers("Because.", "So."), CASES,
                                       [managed_metric("managed_safety")])  # fmt: skip
    good, bad = sorted(found, key=lambda one: one.case_id)
    assert (good.score.value, good.score.status) == (1.0, "ok")
    assert (bad.score.value, bad.score.status) == (None, "error")
    assert words in bad.score.reason


def test_what_needs_no_judge_is_not_sent(service: Service) -> None:
    given = [
        *answers("", "Thought process:"),
        Response("c3", "new", 0, None, "", error="blocked"),
    ]
    found = service.evaluation().score(
        "e1", given, CASES,
        [managed_metric("managed_general_quality"), managed_metric("managed_safety"), managed_metric("managed_grounding")],
    )  # fmt: skip
    assert service.asked == []
    values = {(one.case_id, one.metric): (one.score.value, one.score.status) for one in found}
    assert values == {
        ("c1", "managed_general_quality"): (0.0, "ok"), ("c2", "managed_general_quality"): (0.0, "ok"),
        ("c1", "managed_safety"): (1.0, "ok"), ("c2", "managed_safety"): (1.0, "ok"),
        ("c1", "managed_grounding"): (0.0, "ok"), ("c2", "managed_grounding"): (None, "not_applicable"),
    }  # fmt: skip
    assert {one.judge_requested for one in found} == {""}


def test_candidates_are_never_mixed(service: Service) -> None:
    mixed = [*answers("a"), *answers("b", candidate="old")]
    with pytest.raises(InvalidInput, match="one candidate"):
        service.evaluation().score("e1", mixed, CASES, [managed_metric("managed_safety")])


def test_a_metric_is_known_by_its_version() -> None:
    assert spec_name(managed_metric("managed_safety")) == "safety_v3"
    assert spec_name(managed_metric("managed_safety", "v1")) == "safety_v1"
    signatures = {
        managed_metric(name, version).signature
        for name, versions in VERSIONS.items()
        for version in versions
    }
    assert len(signatures) == sum(len(versions) for versions in VERSIONS.values())
    for name, version in (("managed_safety", "v2"), ("coherence", None)):
        with pytest.raises(InvalidInput, match="safety"):
            managed_metric(name, version)


def test_every_version_is_one_that_the_sdk_knows() -> None:
    from agentplatform._genai._evals_constant import SUPPORTED_PREDEFINED_METRICS

    ours = {
        f"{name.removeprefix(PREFIX)}_{version}"
        for name, some in VERSIONS.items()
        for version in some
    }
    assert ours <= set(SUPPORTED_PREDEFINED_METRICS)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_packages() == []
    assert missing_packages(lambda name: None if name in ("yaml", "tqdm") else name) == [
        "pyyaml", "tqdm"
    ]  # fmt: skip
    monkeypatch.setattr("core.platform.evaluation.missing_packages", lambda: ["pyyaml", "tqdm"])
    connection = Connection("platform", True, None, "p", "us-central1")
    with pytest.raises(NotConfigured, match="pip install pyyaml tqdm"):
        ManagedEvaluation(connection).score(
            "e", answers("x"), CASES, [managed_metric("managed_safety")]
        )


def test_a_connection_that_is_not_set_up_says_what_is_missing() -> None:
    connection = Connection("platform", False, problem="GOOGLE_CLOUD_PROJECT")
    with pytest.raises(NotConfigured, match="GOOGLE_CLOUD_PROJECT"):
        ManagedEvaluation(connection).score(
            "e", answers("x"), CASES, [managed_metric("managed_safety")]
        )


def test_a_result_without_a_known_case_belongs_to_nobody() -> None:
    from agentplatform import types

    result = types.EvaluationResult(
        eval_case_results=[
            types.EvalCaseResult(
                eval_case_index=5,
                response_candidate_results=[
                    types.ResponseCandidateResult(
                        metric_results={"safety_v3": types.EvalCaseMetricResult(score=1.0)}
                    )
                ],
            )
        ],
        evaluation_dataset=[types.EvaluationDataset(eval_cases=[types.EvalCase(eval_case_id="a")])],
    )
    found = scores_by_id(result, "safety_v3", ["a"])
    assert (found["a"].value, found["a"].status) == (None, "error")
