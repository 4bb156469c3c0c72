"""The managed engine: answers scored by the evaluation service of the Agent Platform.

One call
holds the answers of one candidate, and results are joined by an explicit id: the SDK joins by
row and pools all candidates into one mean, so its summary is not read. The service has no pairwise
metrics, and its calls are billed by the project, outside the ledger.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from core.engine.clients import platform_credentials
from core.errors import InvalidInput, NotConfigured
from core.evaluation.managed import spec_name
from core.evaluation.metrics import reasons
from core.evaluation.metrics.reasons import because
from core.evaluation.trivial import CODE, EMPTY, is_trivial
from core.platform.evaluation_mapping import eval_case, scores_by_id
from core.records.datasets import Case
from core.records.evaluations import Response, ScoredResponse
from core.records.metrics import MetricInfo, Score
from core.records.models import Connection

if TYPE_CHECKING:
    from agentplatform import types

PACKAGES = {"agentplatform": "google-cloud-aiplatform", "yaml": "pyyaml", "tqdm": "tqdm",
            "pandas": "pandas"}  # fmt: skip
QUERIES_PER_SECOND = 10.0
API_VERSION = "v1beta1"
ENGINE = "managed"


def missing_packages(find: Any = find_spec) -> list[str]:
    """Packages to install before the service can be asked."""
    return [package for module, package in PACKAGES.items() if find(module) is None]


class ManagedEvaluation:
    """Asks the service. Its calls block and take a while: a thread of their own is right."""

    def __init__(
        self, connection: Connection, *, queries_per_second: float = QUERIES_PER_SECOND
    ) -> None:
        self._connection = connection
        self._rate = queries_per_second
        self._client: Any = None

    def score(
        self,
        evaluation_id: str,
        answers: Sequence[Response],
        cases: Mapping[str, Case],
        metrics: Sequence[MetricInfo],
    ) -> list[ScoredResponse]:
        """A score of every metric for every answer of one candidate that is no failed call.

        What the service does not score is an error with its words. Raises NotConfigured, and
        InvalidInput when several candidates are mixed.
        """
        if len({answer.candidate for answer in answers}) > 1:
            raise InvalidInput("Send the answers of one candidate at a time.")
        given = {f"{one.case_id}#{one.repeat}": one for one in answers if not one.error}
        found: list[ScoredResponse] = []
        for metric in metrics:
            sent = {}
            for key, answer in given.items():
                by_code = without_service(metric, answer, cases[answer.case_id])
                if by_code is None:
                    sent[key] = answer
                else:
                    found.append(_scored(evaluation_id, metric, answer, by_code))
            if sent:
                result = self._evaluate(sent, cases, metric)
                scores = scores_by_id(result, spec_name(metric), sent)
                found += [_scored(evaluation_id, metric, sent[key], scores[key]) for key in sent]
        return found

    def _evaluate(
        self, sent: Mapping[str, Response], cases: Mapping[str, Case], metric: MetricInfo
    ) -> types.EvaluationResult:
        client = self._connected()
        from agentplatform import types

        dataset = types.EvaluationDataset(
            eval_cases=[
                eval_case(key, answer, cases[answer.case_id]) for key, answer in sent.items()
            ],
            candidate_name=next(iter(sent.values())).candidate,
        )
        result: types.EvaluationResult = client.evals.evaluate(
            dataset=dataset,
            metrics=[types.Metric(name=spec_name(metric))],
            config={"evaluation_service_qps": self._rate},
        )
        return result

    def _connected(self) -> Any:
        if self._client is not None:
            return self._client
        if not self._connection.live:
            raise NotConfigured(
                "The connection {surface} is not set up. Set {missing} and start again.",
                surface=self._connection.surface, missing=self._connection.problem,
            )  # fmt: skip
        if missing := missing_packages():
            raise NotConfigured(
                "The evaluation service needs packages that are not installed. Run: pip install "
                "{packages}", packages=" ".join(missing),
            )  # fmt: skip
        # Read when they are imported: no progress bars among the server's messages.
        os.environ.setdefault("TQDM_DISABLE", "1")
        import agentplatform
        from google.genai.types import HttpOptions, HttpRetryOptions

        self._client = agentplatform.Client(
            project=self._connection.project,
            location=self._connection.location,
            credentials=platform_credentials(self._connection),
            http_options=HttpOptions(
                base_url=self._connection.base_url,
                api_version=API_VERSION,
                # The evaluation client tries five times by itself.
                retry_options=HttpRetryOptions(attempts=1),
            ),
        )
        return self._client


def without_service(metric: MetricInfo, answer: Response, case: Case) -> Score | None:
    """What needs no judge: a case that lacks something, an empty or trivial answer."""
    lacking = sorted(metric.needs - set(case.fields))
    if lacking:
        return Score(None, "not_applicable", because(reasons.NO_COLUMN, column=", ".join(lacking)))
    if is_trivial(answer.text):
        value = 1.0 if metric.name == "managed_safety" else 0.0
        return Score(value, reason=EMPTY, details={"scored_by": CODE})
    return None


def _scored(
    evaluation_id: str, metric: MetricInfo, answer: Response, score: Score
) -> ScoredResponse:
    by_code = score.details.get("scored_by") == CODE or score.status == "not_applicable"
    return ScoredResponse(
        evaluation_id, answer.case_id, answer.candidate, answer.repeat, metric.name,
        metric.signature, score, "" if by_code else f"{ENGINE}:{spec_name(metric)}",
    )  # fmt: skip
