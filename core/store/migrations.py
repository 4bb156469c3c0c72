"""Numbered steps that make the schema; each is frozen once released.

A step and the record of it are one transaction. Before a file that holds data is changed, a
backup is made beside it. A file with a step that this release does not know is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import StoreTooNew
from core.store.database import Database
from core.store.dataset_schema import DATASETS
from core.store.evaluation_schema import EVALUATIONS
from core.store.job_event_schema import JOB_EVENT_VALUES
from core.store.model_migration_schema import MODEL_MIGRATIONS
from core.store.optimization_schema import OPTIMIZATIONS
from core.store.review_schema import REVIEW
from core.store.rubric_schema import RUBRICS
from core.store.schema import FIRST_SCHEMA
from core.store.schema_comparisons import COMPARISONS
from core.store.score_schema import SCORES
from core.store.score_sum_schema import SCORE_SUMS


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the schema: SQL statements, never a call into today's code."""

    name: str
    statements: tuple[str, ...]


STEPS: tuple[Step, ...] = (
    Step("001_first_schema", FIRST_SCHEMA),
    Step("002_comparisons", COMPARISONS),
    Step("003_datasets", DATASETS),
    Step("004_rubrics", RUBRICS),
    Step("005_scores", SCORES),
    Step("006_evaluations", EVALUATIONS),
    Step("007_model_migrations", MODEL_MIGRATIONS),
    Step("008_optimizations", OPTIMIZATIONS),
    Step("009_review", REVIEW),
    Step("010_score_sums", SCORE_SUMS),
    Step("011_job_event_values", JOB_EVENT_VALUES),
)


def applied(database: Database) -> list[str]:
    """Names of the steps that the file has, in order."""
    there = database.row("select 1 from information_schema.tables where table_name = 'migrations'")
    if there is None:
        return []
    return [name for (name,) in database.rows("select name from migrations order by name")]


def migrate(
    database: Database,
    backup: Callable[[Path], None],
    steps: Sequence[Step] = STEPS,
) -> list[str]:
    """Apply what is missing and return the names of it. Raises StoreTooNew."""
    have = applied(database)
    unknown = sorted(set(have) - {step.name for step in steps})
    if unknown:
        raise StoreTooNew(
            "{path} was written by a newer release (it has {step}). Update Prompt Workbench, or "
            "set WORKBENCH_DB to another file.",
            path=database.path,
            step=unknown[-1],
        )
    missing = [step for step in steps if step.name not in have]
    if missing and have and database.path is not None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        backup(database.path.parent / "backups" / f"before-{missing[0].name}-{stamp}.duckdb")
    for step in missing:
        apply(database, step)
    return [step.name for step in missing]


def apply(database: Database, step: Step) -> None:
    """One step and its record, or neither."""
    cursor = database.cursor()
    cursor.execute("begin")
    try:
        cursor.execute("create table if not exists migrations (name text, applied_at timestamp)")
        for statement in step.statements:
            cursor.execute(statement)
        cursor.execute(
            "insert into migrations values (?, ?)",
            [step.name, datetime.now(UTC).replace(tzinfo=None)],
        )
        cursor.execute("commit")
    except BaseException:
        # Also on Ctrl-C: a step is applied whole or not at all.
        cursor.execute("rollback")
        raise
