"""Evaluations put together on a store and an engine. Imported when they are first needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.evaluation.drafting import Drafting
from core.evaluation.evaluations import Evaluations
from core.evaluation.human_verdicts import human_verdicts
from core.evaluation.judge import Judge
from core.evaluation.leaderboard import Leaderboard
from core.evaluation.materials import Materials
from core.evaluation.metrics import custom
from core.evaluation.rubric_library import RubricLibrary
from core.evaluation.run import EvaluationHandler
from core.platform.evaluation import ManagedEvaluation

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.engine import Engine
    from core.evaluation.batching import Lane
    from core.jobs import Jobs
    from core.lifecycle.catalogue import Catalogue
    from core.prompts.authoring import Authoring
    from core.prompts.repeat import Limits
    from core.records.evaluations import Battle
    from core.records.models import Connection
    from core.store import Store


def materials(
    store: Store, datasets: Datasets, authoring: Authoring, custom_metrics: Path | None = None
) -> Materials:
    """Where evaluations find what they work with; `custom_metrics` is a folder of the admin's."""
    return Materials(
        store,
        datasets,
        lambda: RubricLibrary(store.rubrics),
        authoring.keep_spec,
        lambda: custom.load(custom_metrics) if custom_metrics else (),
    )


def handler(
    store: Store,
    datasets: Datasets,
    authoring: Authoring,
    engine: Engine,
    limits: Limits,
    platform: Connection,
    lane: Lane,
    custom_metrics: Path | None = None,
) -> EvaluationHandler:
    """The kind of job."""
    return EvaluationHandler(
        source=materials(store, datasets, authoring, custom_metrics),
        kept=store.evaluations,
        scores=store.scores,
        calls=engine,
        judge=lambda calls: Judge(calls, store.rubrics),
        limits=limits,
        service=ManagedEvaluation(platform),
        lane=lane,
    )


def evaluations(
    store: Store,
    datasets: Datasets,
    authoring: Authoring,
    jobs: Jobs,
    catalogue: Catalogue,
    at_once: Callable[[str], int],
    now: Callable[[], datetime],
    stop_batches: Callable[[str], object],
    custom_metrics: Path | None = None,
) -> Evaluations:
    """What pages and commands use."""
    found = materials(store, datasets, authoring, custom_metrics)
    drafting = Drafting(
        store=store, datasets=datasets, materials=found, catalogue=catalogue, at_once=at_once,
        now=now,
    )  # fmt: skip
    return Evaluations(
        store=store, datasets=datasets, materials=found, drafting=drafting, jobs=jobs,
        stop_batches=stop_batches,
    )  # fmt: skip


def leaderboard(
    store: Store,
    datasets: Datasets,
    authoring: Authoring,
    custom_metrics: Path | None = None,
    verdicts: Callable[[str], Sequence[Battle]] = lambda version_id: (),
) -> Leaderboard:
    """Evaluations of a dataset version side by side.

    What people said of it is in comparisons, and in what `verdicts` gives (rounds of review).
    """
    found = materials(store, datasets, authoring, custom_metrics)

    def people(version_id: str) -> Sequence[Battle]:
        return [*human_verdicts(store, version_id), *verdicts(version_id)]

    return Leaderboard(store, datasets, found, people)
