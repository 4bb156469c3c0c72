"""Evaluations as people use them: plan, start, watch, read, score again, save."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from core.errors import InvalidInput
from core.evaluation import plan, results
from core.evaluation.chosen import frozen_specs
from core.evaluation.failures import FailureGroup, failure_groups
from core.evaluation.materials import Materials
from core.evaluation.metrics.tokens import corpus_language
from core.evaluation.model_metric import self_preference
from core.evaluation.pairs import position_reports
from core.evaluation.plan import Called, Estimate
from core.evaluation.results import Grid, Results, RowFilter
from core.evaluation.run import KIND, definition
from core.records.datasets import REFERENCE, Case
from core.records.evaluations import (
    INCOMPLETE_ABOVE,
    Battle,
    CaseDetail,
    Evaluation,
    EvaluationStatus,
    Response,
    ScoredResponse,
)
from core.records.jobs import Job, JobEvent
from core.records.metrics import MetricInfo, MetricSpec
from core.records.models import ModelRef
from core.store.handle import searchable

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.jobs import Jobs
    from core.lifecycle.catalogue import Catalogue
    from core.store import Store

T = TypeVar("T", Response, ScoredResponse)

MOST_CANDIDATES = 24
MOST_REPEATS = 20
MOST_ANSWERS = 500_000
KEPT = 4
"""Evaluations whose table of scores stays in memory."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an evaluation is. `left_s` None: nobody can tell yet, or it does not run."""

    status: EvaluationStatus
    job: Job | None
    spent_usd: float
    left_s: float | None
    events: Sequence[JobEvent]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with the chosen metric's value for each candidate; None where there is none."""

    case: Case
    values: Mapping[str, float | None]
    errors: int


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some of the cases that a filter selects, and how many it selects."""

    rows: Sequence[CaseRow]
    total: int


@dataclass(frozen=True, slots=True)
class Table:
    """An evaluation's scores in memory, for one state of its job."""

    evaluation: Evaluation
    cases: Sequence[Case]
    texts: Sequence[str]
    grid: Grid
    battles: Sequence[Battle]
    infos: Mapping[str, MetricInfo]
    paired: Mapping[str, str]


class Evaluations:
    """What pages and commands do with evaluations. Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        datasets: Datasets,
        materials: Materials,
        jobs: Jobs,
        catalogue: Catalogue,
        at_once: Callable[[str], int],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._materials = materials
        self._jobs = jobs
        self._catalogue = catalogue
        self._at_once = at_once
        self._now = now
        self._tables: OrderedDict[str, tuple[object, Table]] = OrderedDict()
        self._lock = threading.Lock()

    # -- before starting --

    def checked(self, draft: Evaluation) -> Evaluation:
        """The draft with versions of rubrics and the language of its cases written down.

        InvalidInput says what cannot be evaluated, and how to mend it.
        """
        if not draft.candidates or len(draft.candidates) > MOST_CANDIDATES:
            raise InvalidInput("Choose 1 to {most} candidates.", most=MOST_CANDIDATES)
        twice = [key for key, n in Counter(c.key for c in draft.candidates).items() if n > 1]
        if twice:
            raise InvalidInput("Two candidates are named {key}. Take one away.", key=twice[0])
        if not draft.metrics:
            raise InvalidInput("Choose a metric at least.")
        if not 1 <= draft.repeats <= MOST_REPEATS:
            raise InvalidInput("Repeat 1 to {most} times, not {repeats}.",
                               most=MOST_REPEATS, repeats=draft.repeats)  # fmt: skip
        version = self._datasets.version(draft.dataset_version_id)
        for candidate in draft.candidates:
            plan.check_columns(candidate, version.columns)
        count = self._datasets.count(version.id, draft.cases, final=draft.final)
        if not count:
            raise InvalidInput("No case is left. Choose another slice or split.")
        if count * draft.repeats * len(draft.candidates) > MOST_ANSWERS:
            raise InvalidInput(
                "That would be more than {most} answers. Choose fewer cases, candidates or "
                "repeats.", most=f"{MOST_ANSWERS:,}",
            )  # fmt: skip
        # All of the version, not the slice, so that a slice's scores can be set beside others.
        # A sealed split stays closed: what the rest tells holds for it too.
        page = self._datasets.page(version.id, limit=version.rows)
        expected = [case.fields[REFERENCE] for case in page.cases if REFERENCE in case.fields]
        texts = expected or [text for case in page.cases for text in case.fields.values()]
        rubrics = self._materials.rubrics
        whole = replace(
            draft,
            metrics=frozen_specs(draft.metrics, draft.judge, rubrics, expected),
            language=corpus_language(texts) if draft.language == "auto" else draft.language,
        )
        self._materials.metrics(whole)
        return whole

    def estimate(self, draft: Evaluation) -> Estimate:
        """What the draft will take, and what it can show. Raises as `checked` does."""
        whole = self.checked(draft)
        # The cases of a sealed split are not opened to be counted: others stand for them.
        count = self._datasets.count(whole.dataset_version_id, whole.cases, final=whole.final)
        some = self._datasets.page(
            whole.dataset_version_id,
            replace(whole.cases, split=None) if whole.final else whole.cases,
            limit=plan.LOOKED_AT,
        ).cases
        cases = [some[place % len(some)] for place in range(count)] if some else []
        judge_calls = self._judge_calls(whole, count)
        names = dict.fromkeys([*(one.model for one in whole.candidates), *judge_calls])
        models = {name: self._called(name) for name in names}
        return plan.estimate(cases, whole.candidates, whole.repeats, models, judge_calls)

    def _judge_calls(self, evaluation: Evaluation, cases: int) -> dict[str, int]:
        metrics = self._materials.metrics(evaluation)
        answers = cases * evaluation.repeats * len(evaluation.candidates)
        pairs = len(evaluation.candidates) * (len(evaluation.candidates) - 1) // 2
        calls: Counter[str] = Counter()
        for metric in metrics.judged.values():
            calls[metric.settings.judge] += answers * metric.settings.samples
            if metric.rubric.kind == "adaptive":
                calls[metric.settings.judge] += cases
        for metric in metrics.paired.values():
            both = 2 * cases * evaluation.repeats * pairs
            calls[metric.settings.judge] += both * metric.settings.samples
        return dict(calls)

    def _called(self, name: str) -> Called:
        ref = ModelRef.parse(name, "sandbox")
        typical = self._store.evaluations.typical(ref.surface, ref.model)
        return Called(
            name,
            self._catalogue.price(ref.surface, ref.model, self._now()),
            plan.OUTPUT_TOKENS if typical.output_tokens is None else typical.output_tokens,
            plan.CALL_MS if typical.total_ms is None else typical.total_ms,
            self._at_once(ref.surface),
        )

    # -- working on it --

    def create(self, draft: Evaluation) -> Evaluation:
        """Keep it; nothing is asked yet. Raises as `checked` does."""
        kept = self._store.evaluations.create(self.checked(draft))
        self._datasets.record_use(
            kept.dataset_version_id, KIND, kept.id, kept.title, actor=kept.created_by
        )
        return kept

    def start(self, evaluation_id: str, *, actor: str) -> Job:
        """Do what is not done yet, as a job of its own."""
        evaluation = self.get(evaluation_id)
        if self.is_busy(evaluation):
            raise InvalidInput("The evaluation is running already.")
        job = self._jobs.start(KIND, evaluation.title, definition(evaluation_id), actor=actor)
        self._store.evaluations.change(evaluation_id, job_id=job.id, actor=actor)
        return job

    def pause(self, evaluation_id: str, *, actor: str) -> None:
        """Begin nothing more; what is under way ends."""
        job = self._job(self.get(evaluation_id))
        if job is not None:
            self._jobs.pause(job.id, actor=actor)

    def resume(self, evaluation_id: str, *, actor: str) -> None:
        """Go on with what is missing."""
        job = self._job(self.get(evaluation_id))
        if job is not None:
            self._jobs.resume(job.id, actor=actor)

    def cancel(self, evaluation_id: str, *, actor: str) -> None:
        """Stop at once. What is done stays, and can be gone on with."""
        job = self._job(self.get(evaluation_id))
        if job is not None:
            self._jobs.cancel(job.id, actor=actor)

    def retry_failed(self, evaluation_id: str, *, actor: str) -> Job:
        """Ask again for what failed, and for nothing else."""
        if self.is_busy(self.get(evaluation_id)):
            raise InvalidInput("The evaluation is running already.")
        self._store.evaluations.forget_failed(evaluation_id)
        self._store.scores.forget_errors(evaluation_id)
        return self.start(evaluation_id, actor=actor)

    def rescore(
        self,
        evaluation_id: str,
        metrics: Sequence[MetricSpec],
        *,
        actor: str,
        judge: str | None = None,
    ) -> Job:
        """Score the answers by these metrics; no answer is asked for again, no score made twice."""
        evaluation = self.get(evaluation_id)
        if self.is_busy(evaluation):
            raise InvalidInput("The evaluation is running already.")
        changed = self.checked(
            replace(evaluation, metrics=tuple(metrics), judge=judge or evaluation.judge)
        )
        self._store.evaluations.change(
            evaluation_id, metrics=changed.metrics, judge=judge, actor=actor
        )
        return self.start(evaluation_id, actor=actor)

    def delete(self, evaluation_id: str, *, actor: str) -> None:
        """Take it off the list."""
        self.cancel(evaluation_id, actor=actor)
        self._store.evaluations.change(evaluation_id, deleted=True, actor=actor)

    def restore(self, evaluation_id: str, *, actor: str) -> None:
        """Put it back."""
        self._store.evaluations.change(evaluation_id, deleted=False, actor=actor)

    # -- reading --

    def get(self, evaluation_id: str) -> Evaluation:
        """The evaluation. NotFound when there is none."""
        return self._store.evaluations.get(evaluation_id)

    def list(self, limit: int = 100) -> Sequence[Evaluation]:
        """Newest first."""
        return self._store.evaluations.list(limit)

    def is_busy(self, evaluation: Evaluation) -> bool:
        """Whether a job works on it, here or since before a restart."""
        job = self._job(evaluation)
        return job is not None and job.state == "running"

    def _job(self, evaluation: Evaluation) -> Job | None:
        return self._jobs.get(evaluation.job_id) if evaluation.job_id else None

    def progress(self, evaluation_id: str) -> Progress:
        """How far it is, what it cost so far, how long it will still take."""
        evaluation = self.get(evaluation_id)
        job = self._job(evaluation)
        if job is None:
            return Progress("paused", None, 0.0, None, ())
        left = None
        if job.state == "running" and job.done < job.total:
            ended, seconds = self._store.jobs.pace(job.id)
            left = (job.total - job.done) * seconds / (ended - 1) if ended > 1 else None
        return Progress(
            self._status(evaluation, job),
            job,
            self._store.ledger.spent_by_job(job.id),
            left,
            self._jobs.events(job.id),
        )

    def status(self, evaluation_id: str) -> EvaluationStatus:
        """Its job's state; `incomplete` when it is done with too many errors."""
        evaluation = self.get(evaluation_id)
        return self._status(evaluation, self._job(evaluation))

    def _status(self, evaluation: Evaluation, job: Job | None) -> EvaluationStatus:
        if job is None:
            return "paused"
        if job.state != "done":
            return job.state
        answers = self._store.evaluations.measured(evaluation.id)
        asked, failed = sum(one.answers for one in answers), sum(one.errors for one in answers)
        too_many = max(failed, job.failed) > INCOMPLETE_ABOVE * max(asked, 1)
        return "incomplete" if too_many else "done"

    def results(self, evaluation_id: str) -> Results:
        """The figures so far."""
        table = self.table(evaluation_id)
        evaluation = table.evaluation
        keys = [one.key for one in evaluation.candidates]
        found = results.figures(table.grid, keys, table.infos)
        status = self.status(evaluation_id)
        if status == "done" and results.share_of_errors(found) > INCOMPLETE_ABOVE:
            status = "incomplete"
        judges = {battle.judged_by for battle in table.battles}
        judges |= {
            str(one.options["judge"]) for one in evaluation.metrics if "judge" in one.options
        }
        models = [one.model for one in evaluation.candidates]
        flagged = {judge: self_preference(judge, models) for judge in sorted(judges) if judge}
        return Results(
            evaluation,
            status,
            len(table.cases),
            table.infos,
            table.paired,
            found,
            results.contrasts(table.grid, keys, table.infos, table.paired),
            self._store.evaluations.measured(evaluation_id),
            position_reports(table.battles),
            {judge: found for judge, found in flagged.items() if found},
        )

    def rows(
        self, evaluation_id: str, wanted: RowFilter, *, offset: int = 0, limit: int = 50
    ) -> RowPage:
        """A page of the cases that the filter selects."""
        table = self.table(evaluation_id)
        sought = replace(wanted, search=searchable(wanted.search.strip()))
        info = table.infos.get(wanted.signature)
        fields = [case.fields for case in table.cases] if wanted.column else ()
        places = results.rows(table.grid, sought, info, fields, table.texts)
        keys = [one.key for one in table.evaluation.candidates]
        page = [self._row(table, place, wanted.signature, keys)
                for place in places[offset : offset + limit]]  # fmt: skip
        return RowPage(page, len(places))

    def _row(self, table: Table, place: int, signature: str, keys: Sequence[str]) -> CaseRow:
        values: dict[str, float | None] = {}
        errors = 0
        for key in keys:
            column = table.grid.columns.get((signature, key))
            known = column is not None and column.scored[place] > 0
            values[key] = float(column.values[place]) if known and column is not None else None
            errors += int(column.errors[place]) if column is not None else 0
        for (metric, a, b), pair in table.grid.pairs.items():
            if metric == signature:
                errors += int(pair.errors[place])
                if pair.scored[place]:
                    values[f"{a}:{b}"] = float(pair.values[place])
        return CaseRow(table.cases[place], values, errors)

    def detail(self, evaluation_id: str, case_id: str) -> CaseDetail | None:
        """Answers, scores and verdicts of one case; None when it is none of the evaluation's."""
        table = self.table(evaluation_id)
        case = next((one for one in table.cases if one.id == case_id), None)
        if case is None:
            return None
        return CaseDetail(
            case,
            sorted(self._store.evaluations.answers(evaluation_id, [case_id]),
                   key=lambda one: (one.repeat, one.candidate)),
            self._store.scores.of_cases(evaluation_id, [case_id]),
            [battle for battle in table.battles if battle.case_id == case_id],
        )  # fmt: skip

    def failures(
        self, evaluation_id: str, signature: str, candidate: str
    ) -> Sequence[FailureGroup]:
        """Where a candidate fails under a metric, the largest group first."""
        table = self.table(evaluation_id)
        places = results.failing(table.grid, table.infos.get(signature), signature, candidate)
        some = [table.cases[place] for place in places]
        scores = [
            one
            for one in self._store.scores.of_cases(evaluation_id, [case.id for case in some])
            if (one.signature, one.candidate) == (signature, candidate)
        ]
        return failure_groups(some, scores)

    def table(self, evaluation_id: str) -> Table:
        """All scores in memory. Kept while nothing changes; a running job changes it each time."""
        evaluation = self.get(evaluation_id)
        job = self._job(evaluation)
        state = (evaluation, job.state if job else "", job.done if job else 0)
        with self._lock:
            kept = self._tables.get(evaluation_id)
            if kept is not None and kept[0] == state:
                self._tables.move_to_end(evaluation_id)
                return kept[1]
        table = self._read_table(evaluation)
        with self._lock:
            self._tables[evaluation_id] = (state, table)
            while len(self._tables) > KEPT:
                self._tables.popitem(last=False)
        return table

    def _read_table(self, evaluation: Evaluation) -> Table:
        cases = self._materials.cases(evaluation)
        metrics = self._materials.metrics(evaluation)
        battles = self._store.evaluations.battles(evaluation.id)
        grid = results.grid(
            [case.id for case in cases], self._store.scores.lines(evaluation.id), battles
        )
        return Table(
            evaluation,
            cases,
            [searchable("\n".join((case.id, *case.fields.values()))) for case in cases],
            grid,
            battles,
            metrics.infos,
            {signature: one.info.name for signature, one in metrics.paired.items()},
        )

    def everything(self, evaluation_id: str) -> Iterator[CaseDetail]:
        """Every case with all that belongs to it, in the order of the dataset."""
        table = self.table(evaluation_id)
        by_case: dict[str, list[Battle]] = {}
        for battle in table.battles:
            by_case.setdefault(battle.case_id, []).append(battle)
        for start in range(0, len(table.cases), 500):
            some = table.cases[start : start + 500]
            ids = [case.id for case in some]
            answers = _by_case(self._store.evaluations.answers(evaluation_id, ids))
            scores = _by_case(self._store.scores.of_cases(evaluation_id, ids))
            for case in some:
                yield CaseDetail(
                    case,
                    answers.get(case.id, ()),
                    scores.get(case.id, ()),
                    by_case.get(case.id, ()),
                )


def _by_case(belongings: Sequence[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for one in belongings:
        found.setdefault(one.case_id, []).append(one)
    return found
