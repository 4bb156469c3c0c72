"""Optimizations put together on a store and an engine. Imported when they are first needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from core.evaluation import wiring as evaluating
from core.evaluation.judge import Judge
from core.optimization.drafts import Drafts
from core.optimization.materials import Sources
from core.optimization.optimizations import Optimizations
from core.optimization.rewriting import Rewriting
from core.optimization.run import OptimizationHandler
from core.platform.files import Files
from core.platform.optimizer import Account, ManagedOptimizer, ended_problem
from core.records.optimizations import Optimization

if TYPE_CHECKING:
    from pathlib import Path

    from core.datasets.datasets import Datasets
    from core.engine import Engine
    from core.evaluation.evaluations import Evaluations
    from core.jobs import Jobs
    from core.lifecycle.catalogue import Catalogue
    from core.prompts.authoring import Authoring
    from core.prompts.repeat import Limits
    from core.records.budget import Cap
    from core.records.models import Connection
    from core.store import Store


def sources(
    store: Store, datasets: Datasets, authoring: Authoring, custom_metrics: Path | None = None
) -> Sources:
    """Where optimizations find what they work with."""
    return Sources(datasets, evaluating.materials(store, datasets, authoring, custom_metrics))


def handler(
    store: Store,
    datasets: Datasets,
    authoring: Authoring,
    engine: Engine,
    limits: Limits,
    platform: Connection,
    custom_metrics: Path | None = None,
) -> OptimizationHandler:
    """The kind of job."""

    def looks(optimization: Optimization) -> int:
        dataset_id = datasets.version(optimization.draft.dataset_version_id).dataset_id
        versions = [one.id for one in datasets.versions(dataset_id)]
        return len({optimization.id, *store.optimizations.looked_at_test(versions)})

    return OptimizationHandler(
        kept=store.optimizations,
        sources=sources(store, datasets, authoring, custom_metrics),
        states=store.jobs,
        calls=engine,
        judge=lambda calls: Judge(calls, store.rubrics),
        keep_spec=authoring.keep_spec,
        limits=limits,
        looks=looks,
        far=lambda optimization: far(platform, optimization),
        ended_problem=ended_problem,
    )


def far(platform: Connection, optimization: Optimization) -> ManagedOptimizer:
    """The managed optimizer, run as whoever the configuration names."""
    vapo = optimization.draft.vapo
    account = Account(
        str(vapo.get("service_account") or ""),
        str(vapo.get("service_account_project_number") or ""),
    )
    files = Files(project=platform.project)
    return ManagedOptimizer(platform, files, account, image=str(vapo.get("image_uri") or ""))


def drafts(
    store: Store,
    datasets: Datasets,
    authoring: Authoring,
    evaluations: Callable[[], Evaluations],
    catalogue: Catalogue,
    at_once: Callable[[str], int],
    now: Callable[[], datetime],
    default_surface: str,
    custom_metrics: Path | None = None,
) -> Drafts:
    """What looks at a draft before it is started."""
    return Drafts(
        store=store,
        datasets=datasets,
        evaluations=evaluations,
        sources=sources(store, datasets, authoring, custom_metrics),
        catalogue=catalogue,
        at_once=at_once,
        now=now,
        default_surface=default_surface,
    )


def optimizations(
    store: Store,
    datasets: Datasets,
    authoring: Authoring,
    jobs: Jobs,
    made_handler: Callable[[], OptimizationHandler],
    made_drafts: Drafts,
    custom_metrics: Path | None = None,
) -> Optimizations:
    """What pages and commands use."""
    return Optimizations(
        store=store,
        datasets=datasets,
        authoring=authoring,
        sources=sources(store, datasets, authoring, custom_metrics),
        jobs=jobs,
        handler=made_handler,
        drafts=made_drafts,
    )


def rewriting(
    made_drafts: Drafts,
    evaluations: Callable[[], Evaluations],
    authoring: Authoring,
    engine: Engine,
    caps: Callable[[str], tuple[Cap, ...]],
    platform: Connection,
) -> Rewriting:
    """Rewriting in one call."""

    def service() -> ManagedOptimizer:
        return ManagedOptimizer(platform, Files(project=platform.project), Account("", ""))

    return Rewriting(
        drafts=made_drafts,
        evaluations=evaluations,
        authoring=authoring,
        engine=engine,
        caps=caps,
        service=service,
    )
