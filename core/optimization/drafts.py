"""A draft of an optimization before anything is spent: whole, checked, estimated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.datasets.datasets import OPENING
from core.errors import InvalidInput
from core.evaluation.plan import CALL_MS, OUTPUT_TOKENS, Called
from core.optimization.checks import DataCheck, checks
from core.optimization.estimate import OptimizationEstimate, estimate
from core.optimization.materials import Sources, evaluation_of, most_tested
from core.optimization.roles import worst_calls
from core.records.models import ModelRef
from core.records.optimizations import OptimizationDraft, WeightedMetric
from core.records.prompts import PromptSpec

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.evaluation.evaluations import Evaluations
    from core.lifecycle.catalogue import Catalogue
    from core.store import Store

MOST_STEPS = 100
MOST_AT_A_STEP = 16
MOST_CALLS = 100_000
MOST_TUNED = 10_000


class Drafts:
    """Looks at drafts; keeps and asks nothing. Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        datasets: Datasets,
        evaluations: Callable[[], Evaluations],
        sources: Sources,
        catalogue: Catalogue,
        at_once: Callable[[str], int],
        now: Callable[[], datetime],
        default_surface: str,
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._evaluations = evaluations
        self._sources = sources
        self._catalogue = catalogue
        self._at_once = at_once
        self._now = now
        self._default = default_surface

    def completed(self, draft: OptimizationDraft) -> OptimizationDraft:
        """The draft with full model names, rubric versions and language written down.

        Raises InvalidInput for what cannot be chosen at all; `check` tells of the data.
        """
        _check_numbers(draft)
        full = replace(
            draft,
            target_model=self.model(draft.target_model),
            optimizer_model=self.model(draft.optimizer_model or draft.target_model),
            judge=self.model(draft.judge or draft.target_model),
        )
        whole = self._evaluations().checked(evaluation_of(full, self._now()))
        metrics = tuple(
            WeightedMetric(frozen, one.weight)
            for frozen, one in zip(whole.metrics, draft.metrics, strict=True)
        )
        return replace(full, metrics=metrics, corpus_language=whole.language)

    def check(self, draft: OptimizationDraft) -> Sequence[DataCheck]:
        """Whether the data is fit, in plain words; one finding of level `error` forbids starting.

        What cannot be chosen at all, such as an unknown metric, is such a finding too.
        """
        try:
            full = self.completed(draft)
        except InvalidInput as error:
            return [DataCheck("error", "draft", error.template, error.values)]
        version = self._datasets.version(full.dataset_version_id)
        return checks(
            full,
            version.columns,
            self._sources.tuning_cases(full),
            self._sources.test_count(full),
            self._sources.metrics(full),
            sealed=version.split is not None and version.split.sealed,
            looks=self.looks(full.dataset_version_id),
        )

    def tuning_ids(self, dataset_version_id: str) -> frozenset[str]:
        """Cases of a dataset version that may be tuned on: none that a verdict will rest on."""
        whole = OptimizationDraft(
            "", PromptSpec(), dataset_version_id, "", (), data_limit=MOST_TUNED
        )
        return frozenset(case.id for case in self._sources.tuning_cases(whole))

    def estimate(self, draft: OptimizationDraft) -> OptimizationEstimate:
        """About what it takes and what it can show. Raises as `completed` does."""
        full = self.completed(draft)
        metrics = self._sources.metrics(full)
        judges: dict[str, int] = {}
        for metric in metrics.judged.values():
            name = metric.settings.judge
            judges[name] = judges.get(name, 0) + metric.settings.samples
        names = dict.fromkeys([full.target_model, full.optimizer_model, *judges])
        tested = most_tested(full, self._sources.test_count(full), worst_calls(metrics))
        return estimate(
            full,
            self._sources.tuning_cases(full),
            tested,
            judges,
            {name: self._called(name) for name in names},
            full.optimizer_model,
        )

    def _called(self, name: str) -> Called:
        ref = ModelRef.parse(name, self._default)
        typical = self._store.evaluations.typical(ref.surface, ref.model)
        return Called(
            name,
            self._catalogue.price(ref.surface, ref.model, self._now()),
            OUTPUT_TOKENS if typical.output_tokens is None else typical.output_tokens,
            CALL_MS if typical.total_ms is None else typical.total_ms,
            self._at_once(ref.surface),
        )

    def model(self, name: str) -> str:
        """The name in full. InvalidInput for an empty one."""
        if not name.strip():
            raise InvalidInput("Choose a target model.")
        return str(ModelRef.parse(name, self._default))

    def looks(self, dataset_version_id: str) -> int:
        """How often the test cases of the dataset were looked at, by whatever."""
        dataset_id = self._datasets.version(dataset_version_id).dataset_id
        versions = [one.id for one in self._datasets.versions(dataset_id)]
        looked = self._store.optimizations.looked_at_test(versions)
        opened = {one.subject_id for one in self._datasets.uses(dataset_id) if one.kind == OPENING}
        return len(opened | set(looked))


def _check_numbers(draft: OptimizationDraft) -> None:
    if not draft.metrics:
        raise InvalidInput("Choose a metric at least.")
    bounds = {
        "steps": (draft.steps, 1, MOST_STEPS),
        "candidates_per_step": (draft.candidates_per_step, 1, MOST_AT_A_STEP),
        "demo_set_size": (draft.demo_set_size, 1, 50),
        "demo_candidates": (draft.demo_candidates, 1, 200),
        "data_limit": (draft.data_limit, 5, MOST_TUNED),
        "max_calls": (draft.max_calls, 20, MOST_CALLS),
        "repeats": (draft.repeats, 1, 10),
        "max_characters": (draft.max_characters, 50, 200_000),
    }
    for name, (value, low, high) in bounds.items():
        if not low <= value <= high:
            raise InvalidInput(
                "{name} must be from {low} to {high}, not {value}.",
                name=name, low=low, high=high, value=value,
            )  # fmt: skip
    if not draft.max_usd > 0:
        raise InvalidInput("Give the job a limit in US dollars above 0.")
