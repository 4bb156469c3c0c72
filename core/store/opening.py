"""The door to the DuckDB file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from core.errors import StoreError
from core.records.identity import Identities
from core.store.audit import Audit
from core.store.backup import back_up
from core.store.batches import StoredBatches
from core.store.blobs import Blobs
from core.store.comparisons import StoredComparisons
from core.store.database import MEMORY, Database
from core.store.datasets import StoredDatasets
from core.store.drafts import Drafts
from core.store.evaluations import StoredEvaluations
from core.store.facts import Facts
from core.store.handle import Handle
from core.store.jobs import StoredJobs
from core.store.ledger import Ledger
from core.store.memos import Memos
from core.store.migrations import migrate
from core.store.model_migrations import StoredMigrations
from core.store.model_use import ModelUses
from core.store.optimizations import StoredOptimizations
from core.store.overview import Overviews
from core.store.prompts import Prompts
from core.store.review import StoredReview
from core.store.rubrics import StoredRubrics
from core.store.runs import Runs
from core.store.scores import StoredScores
from core.store.settings import StoredSettings
from core.store.standings import Standings
from core.store.writer import Writer


def utc_now() -> datetime:
    """The clock unless another is passed in."""
    return datetime.now(UTC)


def make_room(file: Path) -> None:
    """Make the folder of a database file. StoreError when the file cannot be there."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            "The folder of {path} cannot be made ({problem}). Set WORKBENCH_DB to a file in a "
            "folder that you may write to.",
            path=file,
            problem=error.strerror,
        ) from error
    if file.is_dir():
        raise StoreError("{path} is a folder. Set WORKBENCH_DB to a file.", path=file)


class Store:
    """Everything that is kept, by noun. Every method may be called from any thread."""

    def __init__(self, database: Database, clock: Callable[[], datetime], ids: Identities) -> None:
        self._database = database
        self._writer = Writer(database)
        handle = Handle(database, self._writer, clock, ids)
        self._handle = handle
        self.ledger = Ledger(handle)
        self.runs = Runs(handle, self.ledger.fold)
        self.prompts = Prompts(handle, self.ledger.fold)
        self.comparisons = StoredComparisons(handle, self.ledger.fold)
        self.model_migrations = StoredMigrations(handle)
        self.model_use = ModelUses(handle, self.ledger.fold)
        self.overview = Overviews(handle)
        self.drafts = Drafts(handle)
        self.memos = Memos(handle)
        self.blobs = Blobs(handle)
        self.facts = Facts(handle)
        self.settings = StoredSettings(handle)
        self.jobs = StoredJobs(handle)
        self.datasets = StoredDatasets(handle)
        self.rubrics = StoredRubrics(handle)
        self.evaluations = StoredEvaluations(handle, self.ledger.fold)
        self.scores = StoredScores(handle)
        self.optimizations = StoredOptimizations(handle)
        self.standings = Standings(handle)
        self.review = StoredReview(handle)
        self.audit = Audit(handle)
        self.batches = StoredBatches(handle)

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        now: Callable[[], datetime] = utc_now,
        ids: Identities | None = None,
        memory_limit: str = "1GB",
    ) -> Store:
        """Open or make the file (":memory:" for none) and bring its schema up to date.

        Raises StoreLocked, StoreTooNew, StoreDamaged, or StoreError when it cannot be written.
        """
        file = None if str(path) == MEMORY else Path(path)
        if file is not None:
            make_room(file)
        database = Database(file, memory_limit=memory_limit)
        try:
            migrate(database, lambda to: back_up(database, to))
        except BaseException:
            # Also on Ctrl-C: the file's lock must not outlive a start that failed.
            database.close()
            raise
        return cls(database, now, ids or Identities())

    @property
    def path(self) -> Path | None:
        """The file, or None for a store in memory."""
        return self._database.path

    def new_id(self) -> str:
        """A fresh, time-ordered id."""
        return self._handle.new_id()

    def backup(self, to: Path) -> None:
        """Copy everything that is committed into a new file in or below the store's folder.

        Writing goes on meanwhile. Raises InvalidInput for a place that will not do, StoreFull.
        """
        back_up(self._database, to)

    def close(self) -> None:
        """Commit what is queued, fold the log into the file, close it."""
        self.ledger.fold()
        self._writer.close()
        self._database.close()
