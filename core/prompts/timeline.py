"""What happened around a prompt: versions, labels, memos, runs, and the fate of its models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Literal, Protocol

from core.records.memos import Memo, SubjectKind
from core.records.models import ModelRef
from core.records.prompts import LabelMove, Version
from core.records.runs import RunFilter, RunSummary

if TYPE_CHECKING:
    from core.store import Store

SINGLE_RUNS_UP_TO = 20
MOST_RUNS = 5_000


class ModelFate(Protocol):
    """Dated facts on a model."""

    @property
    def ends_on(self) -> date | None:
        """The announced day of its end."""
        ...

    @property
    def successor(self) -> ModelRef | None:
        """What its maker says to use instead."""
        ...


class ModelFacts(Protocol):
    """Where facts on models come from: the catalogue."""

    def info(self, ref: ModelRef, at: datetime) -> ModelFate:
        """What is known of a model at a time."""
        ...


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One thing that happened, or will: a model's end can lie in the future.

    `text` is a version's message, a label, the text of a memo, a model, or the first words of
    a run. A `runs` event stands for all runs of one day: how many, failed ones, and the cost
    (None when no cost is known). A `label` event without a version says the label was taken off.
    """

    at: datetime
    kind: Literal["version", "label", "memo", "run", "runs", "model_end"]
    text: str
    who: str = ""
    version_id: str | None = None
    version_number: int | None = None
    run_id: str | None = None
    memo_on: SubjectKind | None = None
    model: ModelRef | None = None
    successor: ModelRef | None = None
    outcome: str | None = None
    runs: int = 0
    failed: int = 0
    cost_usd: float | None = None


def timeline(store: Store, prompt_id: str, models: ModelFacts | None) -> list[TimelineEvent]:
    """The events of a prompt, newest first. Many runs are joined by day, at most 5,000 read."""
    versions = store.prompts.versions(prompt_id, deleted=True)
    numbers = {version.id: version.number for version in versions}
    runs = _runs(store, prompt_id)
    events = [
        *(_version_event(version) for version in versions),
        *(_label_event(move, numbers) for move in store.prompts.label_moves(prompt_id)),
        *(_memo_event(memo, None) for memo in store.memos.history("prompt", prompt_id)),
        *(
            _memo_event(memo, version)
            for version in versions
            for memo in store.memos.history("version", version.id)
        ),
        *(
            _memo_event(memo, None, run.id)
            for run in runs
            if run.memo
            for memo in store.memos.history("run", run.id)
        ),
        *_run_events(runs),
        *(_model_events(versions, runs, models)),
    ]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _runs(store: Store, prompt_id: str) -> list[RunSummary]:
    found: list[RunSummary] = []
    before: str | None = None
    while len(found) < MOST_RUNS:
        page = store.runs.page(RunFilter(prompt_id=prompt_id), limit=500, before=before)
        found.extend(page.items)
        before = page.next_before
        if before is None:
            break
    return found


def _version_event(version: Version) -> TimelineEvent:
    return TimelineEvent(
        at=version.created_at,
        kind="version",
        text=version.message,
        who=version.created_by,
        version_id=version.id,
        version_number=version.number,
    )


def _label_event(move: LabelMove, numbers: dict[str, int]) -> TimelineEvent:
    return TimelineEvent(
        at=move.created_at,
        kind="label",
        text=move.label,
        who=move.created_by,
        version_id=move.version_id,
        version_number=numbers.get(move.version_id or ""),
    )


def _memo_event(memo: Memo, version: Version | None, run_id: str | None = None) -> TimelineEvent:
    return TimelineEvent(
        at=memo.created_at,
        kind="memo",
        text=memo.text,
        who=memo.created_by,
        version_id=version.id if version else None,
        version_number=version.number if version else None,
        run_id=run_id,
        memo_on=memo.subject_kind,
    )


def _run_events(runs: list[RunSummary]) -> Iterable[TimelineEvent]:
    if len(runs) <= SINGLE_RUNS_UP_TO:
        return [_run_event(run) for run in runs]
    days: dict[date, list[RunSummary]] = defaultdict(list)
    for run in runs:
        days[run.created_at.astimezone(UTC).date()].append(run)
    return [_day_event(of_day) for of_day in days.values()]


def _run_event(run: RunSummary) -> TimelineEvent:
    return TimelineEvent(
        at=run.created_at,
        kind="run",
        text=run.output_excerpt or run.input_excerpt,
        who=run.created_by,
        version_id=run.version_id,
        version_number=run.version_number,
        run_id=run.id,
        model=ModelRef(run.connection, run.requested_model),
        outcome=run.outcome,
        runs=1,
        failed=int(run.outcome != "ok"),
        cost_usd=run.cost_usd,
    )


def _day_event(runs: list[RunSummary]) -> TimelineEvent:
    costs = [run.cost_usd for run in runs if run.cost_usd is not None]
    return TimelineEvent(
        at=max(run.created_at for run in runs),
        kind="runs",
        text=", ".join(sorted({f"{run.connection}:{run.requested_model}" for run in runs})),
        who=", ".join(sorted({run.created_by for run in runs})),
        runs=len(runs),
        failed=sum(run.outcome != "ok" for run in runs),
        cost_usd=sum(costs) if costs else None,
    )


def _model_events(
    versions: Sequence[Version], runs: Sequence[RunSummary], models: ModelFacts | None
) -> Iterable[TimelineEvent]:
    if models is None:
        return
    last_used: dict[ModelRef, datetime] = {}
    for version in versions:
        surface, _, model = version.spec.model.partition(":")
        if model:
            last_used.setdefault(ModelRef(surface, model), version.created_at)
    for run in runs:
        last_used.setdefault(ModelRef(run.connection, run.requested_model), run.created_at)
    for ref, used in last_used.items():
        info = models.info(ref, used)
        if info.ends_on is not None:
            yield TimelineEvent(
                at=datetime.combine(info.ends_on, time(), UTC),
                kind="model_end",
                text=str(ref),
                model=ref,
                successor=info.successor,
            )
