"""Evaluations as people use them: plan, start, watch, read, score again, save."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from core.errors import InvalidInput
from core.evaluation import results
from core.evaluation.drafting import Drafting
from core.evaluation.evaluation_export import export_csv, export_jsonl
from core.evaluation.evaluation_report import report
from core.evaluation.failure_groups import Answered, FailureGroup, failure_groups
from core.evaluation.label_report import METRIC as LABELS
from core.evaluation.label_report import Labels, label_report
from core.evaluation.materials import Materials
from core.evaluation.model_metric import self_preference
from core.evaluation.pairs import position_reports
from core.evaluation.plan import Estimate
from core.evaluation.progress import Progress
from core.evaluation.results import Grid, Results, RowFilter
from core.evaluation.run import KIND, definition
from core.evaluation.served import Served, between, comparability, everyone, told, who_judged
from core.records.datasets import Case
from core.records.evaluations import (
    INCOMPLETE_ABOVE,
    AnswerKey,
    Battle,
    CaseDetail,
    Evaluation,
    EvaluationStatus,
    Response,
    ScoredResponse,
)
from core.records.jobs import Job
from core.records.metrics import MetricInfo, MetricSpec
from core.store.handle import searchable

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.jobs import Jobs
    from core.store import Store

T = TypeVar("T", Response, ScoredResponse)
ExportForm = Literal["csv", "jsonl", "html"]

MOST_COMPARED = 1_000
"""Failures, and as many other cases, that are looked at for what they have in common."""
KEPT = 4
"""Evaluations whose table of scores stays in memory."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with the chosen metric's value for each candidate; None where there is none.

    `apart` are answers to it by another model than the rest, which no value counts.
    """

    case: Case
    values: Mapping[str, float | None]
    errors: int
    apart: int = 0


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
    served: Sequence[Served] = ()
    """Everybody of whom some answer names another id than was asked for."""
    apart: Mapping[AnswerKey, str] = field(default_factory=dict)
    """Answers that no figure counts, with the model that gave them."""


class Evaluations:
    """What pages and commands do with evaluations. Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        datasets: Datasets,
        materials: Materials,
        drafting: Drafting,
        jobs: Jobs,
        stop_batches: Callable[[str], object],
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._materials = materials
        self._jobs = jobs
        self._stop_batches = stop_batches
        self._drafting = drafting
        self._tables: OrderedDict[str, tuple[object, Table]] = OrderedDict()
        self._lock = threading.Lock()

    # -- before starting --

    def checked(self, draft: Evaluation) -> Evaluation:
        """The draft with all written down that could change later; InvalidInput what is wrong."""
        return self._drafting.checked(draft)

    def estimate(self, draft: Evaluation) -> Estimate:
        """What the draft will take, and what it can show. Raises as `checked` does."""
        return self._drafting.estimate(draft)

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
        job = self._jobs.begin(KIND, evaluation.title, definition(evaluation_id), actor=actor)
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
        evaluation = self.get(evaluation_id)
        job = self._job(evaluation)
        if job is not None:
            self._jobs.cancel(job.id, actor=actor)
            if evaluation.engine == "batch":
                self._stop_batches(evaluation_id)

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

    def go_on(self, evaluation_id: str, *, actor: str) -> None:
        """Whatever it stopped by: do what is missing; when nothing is, what failed."""
        job = self._job(self.get(evaluation_id))
        if job is None:
            self.start(evaluation_id, actor=actor)
        elif job.state == "done":
            self.retry_failed(evaluation_id, actor=actor)
        else:
            self._jobs.resume(job.id, actor=actor)

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
        since = self._waiting_since(evaluation, job)
        left = None
        if job.state == "running" and since is None and job.done < job.total:
            ended, seconds = self._store.jobs.pace(job.id)
            left = (job.total - job.done) * seconds / (ended - 1) if ended > 1 else None
        return Progress(
            self._status(evaluation, job),
            job,
            self._store.evaluations.spent(evaluation_id),
            left,
            self._jobs.events(job.id),
            since,
        )

    def _waiting_since(self, evaluation: Evaluation, job: Job) -> datetime | None:
        if evaluation.engine != "batch" or job.state != "running":
            return None
        under_way = self._store.batches.open(evaluation.id)
        return min((one.sent_at for one in under_way), default=None)

    def status(self, evaluation_id: str) -> EvaluationStatus:
        """Its job's state; `incomplete` when it is done with too many errors."""
        return self.status_of(self.get(evaluation_id))

    def status_of(self, evaluation: Evaluation) -> EvaluationStatus:
        """The same of one that was read already."""
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
        series = self._store.scores.series([evaluation_id])
        odd = who_judged([
            *((row.series.signature, row.series.judge_requested, row.series.judge_served)
              for row in series),
            *((one.signature, one.judged_by, one.judge_served) for one in table.battles),
        ])  # fmt: skip
        flagged = {judge: self_preference(judge, models) for judge in sorted(judges) if judge}
        return Results(
            evaluation,
            status,
            len(table.cases),
            table.infos,
            table.paired,
            found,
            results.marked(
                results.contrasts(table.grid, keys, table.infos, table.paired),
                comparability(table.served),
                {one.key for one in odd},
            ),
            self._store.evaluations.measured(evaluation_id),
            position_reports(table.battles),
            {judge: found for judge, found in flagged.items() if found},
            told(table.served),
            between(table.served),
            odd,
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
        case = table.cases[place]
        apart = sum(key.case_id == case.id for key in table.apart)
        return CaseRow(case, values, errors, apart)

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
        """What a candidate's failures under a metric have in common, the most telling first."""
        table = self.table(evaluation_id)
        info = table.infos.get(signature)
        failed = results.failing(table.grid, info, signature, candidate, MOST_COMPARED)
        bad = set(failed)
        others = [place for place in range(len(table.cases)) if place not in bad]
        return failure_groups(
            self._answered(table, failed, signature, candidate),
            self._answered(table, others[:MOST_COMPARED], signature, candidate),
        )

    def labels(self, evaluation_id: str, signature: str) -> Mapping[str, Labels]:
        """Which labels a metric found for which, by candidate; nothing for other metrics."""
        info = self.table(evaluation_id).infos.get(signature)
        if info is None or info.name != LABELS:
            return {}
        return label_report(self._store.scores.details(evaluation_id, signature))

    def _answered(
        self, table: Table, places: Sequence[int], signature: str, candidate: str
    ) -> Sequence[Answered]:
        cases = {table.cases[place].id: table.cases[place] for place in places}
        texts = {
            one.key: one.text
            for one in self._store.evaluations.answers(table.evaluation.id, list(cases))
            if one.candidate == candidate
        }
        return [
            Answered(
                one.case_id,
                cases[one.case_id].fields,
                texts.get(AnswerKey(one.case_id, one.candidate, one.repeat), ""),
                one.score,
            )
            for one in self._store.scores.of_cases(table.evaluation.id, list(cases))
            if (one.signature, one.candidate) == (signature, candidate)
        ]

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
        by_whom = everyone(
            self._store.model_use.served_counts([evaluation.id]), lambda one: one.candidate
        )
        apart = {
            key: model
            for (_id, key), model in self._store.model_use.answers_by(
                [(evaluation.id, one.key, model) for one in by_whom for model in one.apart]
            ).items()
        }
        grid = results.grid(
            [case.id for case in cases],
            self._store.scores.lines(evaluation.id, apart),
            [one for one in battles if not _sides(one) & apart.keys()],
        )
        return Table(
            evaluation,
            cases,
            [searchable("\n".join((case.id, *case.fields.values()))) for case in cases],
            grid,
            battles,
            metrics.infos,
            {signature: one.info.name for signature, one in metrics.paired.items()},
            by_whom,
            apart,
        )

    def export(
        self, evaluation_id: str, form: ExportForm, *, language: str = "en"
    ) -> Iterator[bytes]:
        """The evaluation as a file: `csv`, `jsonl`, or `html`, a report in a language."""
        details = self.everything(evaluation_id)
        table = self.table(evaluation_id)
        if form == "html":
            labels = {one: self.labels(evaluation_id, one) for one in table.infos}
            return report(self.results(evaluation_id), self.dataset_name(table.evaluation),
                          details, language, table.evaluation.created_at, labels)  # fmt: skip
        if form == "jsonl":
            return export_jsonl(table.evaluation, details)
        version = self._datasets.version(table.evaluation.dataset_version_id)
        names = {signature: info.name for signature, info in table.infos.items()}
        return export_csv(table.evaluation, details, version.columns, names)

    def dataset_name(self, evaluation: Evaluation) -> str:
        """The dataset with the number of its version, as commands take it."""
        version = self._datasets.version(evaluation.dataset_version_id)
        return f"{self._datasets.get(version.dataset_id).name}@{version.number}"

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


def _sides(battle: Battle) -> set[AnswerKey]:
    return {AnswerKey(battle.case_id, one, battle.repeat) for one in (battle.a, battle.b)}


def _by_case(belongings: Sequence[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for one in belongings:
        found.setdefault(one.case_id, []).append(one)
    return found
