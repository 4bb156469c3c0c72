"""The wiring: settings become a store, an engine and the features on them.

One `Workbench` per process. Pages reach it with `current()`, commands open their own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.config import Settings
from core.datasets.datasets import Datasets
from core.engine import Clients, Engine, Limits
from core.engine.batch import Batches
from core.jobs import Handler, Jobs
from core.lifecycle.catalogue import Catalogue, load_shipped
from core.lifecycle.models import Models
from core.prompts.authoring import Authoring
from core.prompts.history import History
from core.prompts.repeat import RepeatHandler
from core.records.budget import Cap
from core.records.models import Connection
from core.records.runs import Interrupted
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.store import Store

if TYPE_CHECKING:
    from core.comparison.comparisons import Comparisons
    from core.evaluation.evaluations import Evaluations
    from core.evaluation.leaderboard import Leaderboard
    from core.evaluation.question_review import QuestionReview
    from core.evaluation.rubric_library import RubricLibrary
    from core.migration.dossier import Dossiers
    from core.migration.migrations import Migrations
    from core.prompts.exchange import Exchange


def now() -> datetime:
    """The clock of the process: aware UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Workbench:
    """What pages and commands hold."""

    settings: Settings
    connections: Mapping[str, Connection]
    store: Store
    engine: Engine
    batches: Batches
    catalogue: Catalogue
    models: Models
    authoring: Authoring
    history: History
    jobs: Jobs
    datasets: Datasets
    interrupted: Interrupted
    sandbox: SandboxProcess | None = None
    _comparisons: Comparisons | None = None
    _evaluations: Evaluations | None = None
    _leaderboard: Leaderboard | None = None

    @classmethod
    def open(cls, settings: Settings) -> Workbench:
        """Open the store, start the sandbox and the engine. Raises StoreError."""
        settings.db.parent.mkdir(parents=True, exist_ok=True)
        store = Store.open(settings.db)
        try:
            sandbox = start_sandbox(settings)
            connections = with_sandbox(settings, sandbox)
            away = {run for one in store.batches.open() for run in one.runs.values()}
            interrupted = store.ledger.recover(away)
            catalogue = Catalogue([*load_shipped(), *store.facts.all()])
            clients = Clients(connections, settings.secrets)
            batches = Batches(
                clients=clients,
                ledger=store.ledger,
                kept=store.batches,
                blobs=store.blobs.get,
                prices=catalogue.price,
                now=now,
            )
            engine = Engine(
                clients=clients,
                ledger=store.ledger,
                blobs=store.blobs.get,
                prices=catalogue.price,
                limits=Limits(concurrency=dict(settings.concurrency)),
            )
            engine.start()
            authoring, datasets = Authoring(store), Datasets(store)
            datasets.delete_expired(now(), actor="retention")

            def evaluating() -> Handler:
                from core.evaluation import wiring

                return wiring.handler(
                    store, datasets, authoring, engine, settings.caps, connections["platform"],
                    batches, settings.custom_metrics,
                )  # fmt: skip

            def comparing() -> Handler:
                from core.comparison.run import ComparisonHandler

                return ComparisonHandler(store, engine, settings.caps, authoring.keep_spec)

            jobs = Jobs(
                store.jobs,
                engine,
                Handlers(
                    repeat=lambda: RepeatHandler(engine, settings.caps),
                    comparison=comparing,
                    evaluation=evaluating,
                ),
            )
        except BaseException:
            store.close()
            raise
        return cls(
            settings=settings,
            connections=connections,
            store=store,
            engine=engine,
            batches=batches,
            catalogue=catalogue,
            models=Models(catalogue, store.model_use, store.facts, settings.default_surface),
            authoring=authoring,
            history=History(store, catalogue),
            jobs=jobs,
            datasets=datasets,
            interrupted=interrupted,
            sandbox=sandbox,
        )

    @property
    def exchange(self) -> Exchange:
        """Prompts to files and back; imported when it is asked for, since that takes a while."""
        from core.prompts.exchange import Exchange

        return Exchange(self.store)

    @property
    def comparisons(self) -> Comparisons:
        """Comparisons; imported when they are asked for."""
        if self._comparisons is None:
            from core.comparison.comparisons import Comparisons

            self._comparisons = Comparisons(self.store, self.jobs, self.engine.live)
        return self._comparisons

    @property
    def evaluations(self) -> Evaluations:
        """Evaluations; imported when they are asked for."""
        if self._evaluations is None:
            from core.evaluation import wiring

            limits = Limits(concurrency=dict(self.settings.concurrency))
            self._evaluations = wiring.evaluations(
                self.store, self.datasets, self.authoring, self.jobs, self.catalogue,
                limits.ceiling, now, self._stop_batches, self.settings.custom_metrics,
            )  # fmt: skip
        return self._evaluations

    @property
    def migrations(self) -> Migrations:
        """Migrations to other models; imported when they are asked for."""
        from core.migration.migrations import Migrations

        return Migrations(
            store=self.store,
            authoring=self.authoring,
            datasets=self.datasets,
            evaluations=lambda: self.evaluations,
            models=self.models,
            default_surface=self.settings.default_surface,
            now=now,
        )

    @property
    def dossiers(self) -> Dossiers:
        """Dossiers of migrations; imported when they are asked for."""
        from core.migration.dossier import Dossiers

        return Dossiers(
            self.store, self.migrations, self.evaluations, self.datasets, self.catalogue, now
        )

    @property
    def leaderboard(self) -> Leaderboard:
        """The leaderboard; imported when it is asked for."""
        if self._leaderboard is None:
            from core.evaluation import wiring

            self._leaderboard = wiring.leaderboard(
                self.store, self.datasets, self.authoring, self.settings.custom_metrics
            )
        return self._leaderboard

    @property
    def rubrics(self) -> RubricLibrary:
        """The rubrics of judges."""
        from core.evaluation.rubric_library import RubricLibrary

        return RubricLibrary(self.store.rubrics)

    @property
    def question_review(self) -> QuestionReview:
        """The questions of adaptive rubrics, before answers are scored."""
        from core.evaluation import wiring
        from core.evaluation.question_review import QuestionReview

        read = wiring.materials(
            self.store, self.datasets, self.authoring, self.settings.custom_metrics
        )
        return QuestionReview(read.material, self.engine, self.store.rubrics, self.caps)

    def caps(self, actor: str, job_id: str | None = None) -> tuple[Cap, ...]:
        """The spending caps that apply to a call of `actor`, within a job if one is named."""
        caps = [Cap("user_day", actor, self.settings.caps.user_day_usd)]
        if job_id is not None:
            caps.append(Cap("job", job_id, self.settings.caps.job_usd))
        return tuple(caps)

    def _stop_batches(self, evaluation_id: str) -> Future[None]:
        return self.engine.spawn(self.batches.stop(evaluation_id))

    def stop_calls(self) -> None:
        """Cancel what runs, and begin nothing more; returns at once."""
        self.jobs.close()
        self.engine.stop_calls()

    def close(self) -> None:
        """Cancel what runs, keep what is known, close the file."""
        self.jobs.close()
        self.engine.close()
        self.store.close()
        if self.sandbox is not None:
            self.sandbox.stop()


class Handlers(Mapping[str, Handler]):
    """Kinds of jobs, each made when the first job of the kind comes."""

    def __init__(self, **makers: Callable[[], Handler]) -> None:
        self._makers = makers
        self._made: dict[str, Handler] = {}
        self._lock = threading.Lock()

    def __getitem__(self, kind: str) -> Handler:
        with self._lock:
            if kind not in self._made:
                self._made[kind] = self._makers[kind]()
            return self._made[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def start_sandbox(settings: Settings) -> SandboxProcess | None:
    """Start the sandbox server unless it is switched off or one already runs elsewhere."""
    if not settings.sandbox.enabled or settings.sandbox.url:
        return None
    own = SandboxSettings()
    chosen = settings.sandbox
    return SandboxProcess.start(
        SandboxSettings(
            latency_ms=own.latency_ms if chosen.latency_ms is None else chosen.latency_ms,
            chunk_rate=own.chunk_rate if chosen.chunk_rate is None else chosen.chunk_rate,
        )
    )


def with_sandbox(settings: Settings, process: SandboxProcess | None) -> dict[str, Connection]:
    """The connections, the sandbox's with the address it listens on."""
    connections = dict(settings.connections)
    if process is not None:
        connections["sandbox"] = replace(connections["sandbox"], base_url=process.base_url)
    return connections


_lock = threading.Lock()
_current: Workbench | None = None


def current() -> Workbench:
    """The process's workbench; opened here when the server's lifespan has not done it.

    Opening it goes on with the jobs that the last process left running.
    """
    global _current
    with _lock:
        if _current is None:
            _current = Workbench.open(Settings.from_environment(os.environ))
            _current.jobs.resume_interrupted(actor=_current.settings.person)
        return _current


def close_current() -> None:
    """Close the process's workbench, if there is one."""
    global _current
    with _lock:
        if _current is not None:
            _current.close()
            _current = None
