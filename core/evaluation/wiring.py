"""Evaluations put together on a store and an engine. Imported when they are first needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from core.evaluation.evaluations import Evaluations
from core.evaluation.judge import Judge
from core.evaluation.leaderboard import Leaderboard
from core.evaluation.materials import Materials
from core.evaluation.rubric_library import RubricLibrary
from core.evaluation.run import EvaluationHandler
from core.platform.evaluation import ManagedEvaluation

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.engine import Engine
    from core.jobs import Jobs
    from core.lifecycle.catalogue import Catalogue
    from core.prompts.authoring import Authoring
    from core.prompts.repeat import Limits
    from core.records.models import Connection
    from core.store import Store


def materials(store: Store, datasets: Datasets, authoring: Authoring) -> Materials:
    """Where evaluations find what they work with."""
    return Materials(store, datasets, lambda: RubricLibrary(store.rubrics), authoring.keep_spec)


def handler(
    store: Store,
    datasets: Datasets,
    authoring: Authoring,
    engine: Engine,
    limits: Limits,
    platform: Connection,
) -> EvaluationHandler:
    """The kind of job."""
    return EvaluationHandler(
        source=materials(store, datasets, authoring),
        kept=store.evaluations,
        scores=store.scores,
        calls=engine,
        judge=lambda calls: Judge(calls, store.rubrics),
        limits=limits,
        service=ManagedEvaluation(platform),
    )


def evaluations(
    store: Store,
    datasets: Datasets,
    authoring: Authoring,
    jobs: Jobs,
    catalogue: Catalogue,
    at_once: Callable[[str], int],
    now: Callable[[], datetime],
) -> Evaluations:
    """What pages and commands use."""
    return Evaluations(
        store=store,
        datasets=datasets,
        materials=materials(store, datasets, authoring),
        jobs=jobs,
        catalogue=catalogue,
        at_once=at_once,
        now=now,
    )


def leaderboard(store: Store, datasets: Datasets, authoring: Authoring) -> Leaderboard:
    """Evaluations of a dataset version side by side."""
    return Leaderboard(store, datasets, materials(store, datasets, authoring))
