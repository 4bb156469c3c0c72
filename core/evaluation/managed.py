"""Metrics of the platform's evaluation service as the workbench names them. Pure.

Every one is named with its version, since the SDK's own defaults depend on the import path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.errors import InvalidInput
from core.records.datasets import REFERENCE, Case
from core.records.evaluations import Response, ScoredResponse
from core.records.metrics import MetricInfo

PREFIX = "managed_"
VERSIONS: Mapping[str, tuple[str, ...]] = {
    "managed_general_quality": ("v1", "v2"),
    "managed_text_quality": ("v1", "v2"),
    "managed_instruction_following": ("v1", "v2"),
    "managed_grounding": ("v1", "v2"),
    "managed_safety": ("v1", "v3"),
    "managed_final_response_match": ("v2", "v3"),
}
"""Those that need no agent, oldest version first."""
NEEDS: Mapping[str, frozenset[str]] = {
    "managed_grounding": frozenset(("prompt", "context")),
    "managed_final_response_match": frozenset(("prompt", REFERENCE)),
}
TOGETHER = 25
"""Answers that are sent as one unit of a job."""
_MARK = "|service:"


class Service(Protocol):
    """The evaluation service (`core.platform.evaluation`)."""

    def score(
        self,
        evaluation_id: str,
        answers: Sequence[Response],
        cases: Mapping[str, Case],
        metrics: Sequence[MetricInfo],
    ) -> list[ScoredResponse]:
        """A score of every metric for every answer of one candidate; blocks."""


def managed_metric(name: str, version: str | None = None) -> MetricInfo:
    """A metric of the service; the newest version unless another is named. Raises InvalidInput."""
    known = VERSIONS.get(name, ())
    chosen = version or (known[-1] if known else "")
    if chosen not in known:
        raise InvalidInput(
            "The evaluation service has no metric {name} {version}. It has: {known}.",
            name=name, version=chosen,
            known=", ".join(f"{one} ({', '.join(some)})" for one, some in VERSIONS.items()),
        )  # fmt: skip
    needs = NEEDS.get(name, frozenset(("prompt",)))
    return MetricInfo(name, f"{name}{_MARK}{name.removeprefix(PREFIX)}_{chosen}", needs=needs)


def spec_name(metric: MetricInfo) -> str:
    """What the service calls it, as in `safety_v3`."""
    return metric.signature.rpartition(_MARK)[2]


def version_of(metric: MetricInfo) -> str:
    """The version in its signature, as in `v3`."""
    return metric.signature.rpartition("_")[2]
