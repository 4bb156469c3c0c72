"""The wiring: settings become a store, an engine and the features on them.

One `Workbench` per process. Pages reach it with `current()`, commands open their own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.access import Access, operator, sign_in_configured
from core.config import NO_ROLES, AccessSection, Settings, read_admin_file
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
    from core.migration.freezes import Freezes
    from core.migration.migrations import Migrations
    from core.optimization.optimizations import Optimizations
    from core.optimization.rewriting import Rewriting
    from core.optimization.run import OptimizationHandler
    from core.prompts.exchange import Exchange
    from core.records.evaluations import Battle
    from core.review.reviews import Reviews


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
    handlers: Handlers
    datasets: Datasets
    interrupted: Interrupted
    access: Access
    sandbox: SandboxProcess | None = None
    _comparisons: Comparisons | None = None
    _evaluations: Evaluations | None = None
    _leaderboard: Leaderboard | None = None
    _optimizations: Optimizations | None = None
    _reviews: Reviews | None = None

    @classmethod
    def open(cls, settings: Settings) -> Workbench:
        """Open the store, start the sandbox and the engine. Raises StoreError."""
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

            def optimizing() -> Handler:
                from core.optimization import wiring

                return wiring.handler(
                    store, datasets, authoring, engine, settings.caps, connections["platform"],
                    settings.custom_metrics,
                )  # fmt: skip

            handlers = Handlers(
                repeat=lambda: RepeatHandler(engine, settings.caps),
                comparison=comparing,
                evaluation=evaluating,
                optimization=optimizing,
            )
            jobs = Jobs(store.jobs, engine, handlers)
        except BaseException:
            # Also on Ctrl-C: the file's lock must not outlive a start that failed.
            store.close()
            raise
        return cls(
            settings=settings,
            connections=connections,
            store=store,
            engine=engine,
            batches=batches,
            catalogue=catalogue,
            models=Models(
                catalogue,
                store.model_use,
                store.facts,
                settings.default_surface,
                lambda: engine.wall_clock.ahead,
            ),
            authoring=authoring,
            history=History(store, catalogue),
            jobs=jobs,
            handlers=handlers,
            datasets=datasets,
            interrupted=interrupted,
            access=access_of(settings),
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
    def optimizations(self) -> Optimizations:
        """Optimizations; imported when they are asked for."""
        if self._optimizations is None:
            from core.optimization import wiring

            drafts = wiring.drafts(
                self.store, self.datasets, self.authoring, lambda: self.evaluations,
                self.catalogue, Limits(concurrency=dict(self.settings.concurrency)).ceiling, now,
                self.settings.default_surface, self.settings.custom_metrics,
            )  # fmt: skip
            self._optimizations = wiring.optimizations(
                self.store, self.datasets, self.authoring, self.jobs, self._optimization_handler,
                drafts, self.settings.custom_metrics,
            )  # fmt: skip
        return self._optimizations

    @property
    def rewriting(self) -> Rewriting:
        """Rewriting a prompt in one call; imported when it is asked for."""
        from core.optimization import wiring

        return wiring.rewriting(
            self.optimizations.drafts, lambda: self.evaluations, self.authoring, self.engine,
            self.caps, self.connections["platform"],
        )  # fmt: skip

    def _optimization_handler(self) -> OptimizationHandler:
        from core.optimization.run import OptimizationHandler

        made = self.handlers["optimization"]
        assert isinstance(made, OptimizationHandler)
        return made

    @property
    def migrations(self) -> Migrations:
        """Migrations to other models; imported when they are asked for."""
        from core.migration.migrations import Migrations

        return Migrations(
            store=self.store,
            authoring=self.authoring,
            datasets=self.datasets,
            evaluations=lambda: self.evaluations,
            reviews=lambda: self.reviews,
            models=self.models,
            default_surface=self.settings.default_surface,
            location_of=self._location_of,
            now=now,
        )

    @property
    def freezes(self) -> Freezes:
        """Answers that are kept of models; imported when they are asked for."""
        from core.migration.freezes import Freezes

        return Freezes(self.store, lambda: self.evaluations, self.settings.default_surface, now)

    def _location_of(self, surface: str) -> str:
        connection = self.connections.get(surface)
        return (connection.location or "") if connection is not None else ""

    @property
    def dossiers(self) -> Dossiers:
        """Dossiers of migrations; imported when they are asked for."""
        from core.migration.dossier import Dossiers

        return Dossiers(
            self.store, self.migrations, self.evaluations, self.datasets, self.catalogue,
            lambda round_id: self.reviews.results(round_id, operator(self.settings.person)),
        )  # fmt: skip

    @property
    def leaderboard(self) -> Leaderboard:
        """The leaderboard; imported when it is asked for."""
        if self._leaderboard is None:
            from core.evaluation import wiring

            self._leaderboard = wiring.leaderboard(
                self.store, self.datasets, self.authoring, self.settings.custom_metrics,
                self._people_said,
            )  # fmt: skip
        return self._leaderboard

    def _people_said(self, version_id: str) -> Sequence[Battle]:
        # Most files have no round, and then nothing of review is imported.
        return self.reviews.battles(version_id) if self.store.review.list(1) else ()

    @property
    def reviews(self) -> Reviews:
        """Human review; imported when it is asked for."""
        if self._reviews is None:
            from core.review import wiring

            self._reviews = wiring.reviews(
                self.store, self.datasets, lambda: self.evaluations, self.access, now
            )
        return self._reviews

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


def access_of(settings: Settings) -> Access:
    """Roles by the administrator's file, which is read again whenever it changed."""
    file = settings.admin_file
    kept: tuple[object, AccessSection] = ("", NO_ROLES)

    def section() -> AccessSection:
        nonlocal kept
        if file is None or not file.is_file():
            return NO_ROLES
        stat = file.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        if kept[0] != stamp:
            kept = (stamp, read_admin_file(file).access)
        return kept[1]

    return Access(section, now, sign_in=sign_in_configured())


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
