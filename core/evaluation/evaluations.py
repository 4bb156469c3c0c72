"""Evaluations as people use them: plan, start, watch, read, score again, save."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from core.errors import InvalidInput
from core.evaluation import results, row_choice
from core.evaluation.clusters import by_column
from core.evaluation.drafting import Drafting
from core.evaluation.evaluation_export import Marks, export_csv, export_jsonl
from core.evaluation.evaluation_report import report
from core.evaluation.failure_groups import Answered, FailureGroup, failure_groups
from core.evaluation.label_report import METRIC as LABELS
from core.evaluation.label_report import Labels, label_report
from core.evaluation.materials import Materials
from core.evaluation.metrics.metric import Definition
from core.evaluation.model_metric import self_preference
from core.evaluation.pairs import position_reports
from core.evaluation.plan import Estimate
from core.evaluation.progress import Progress
from core.evaluation.results import Results, RowFilter
from core.evaluation.run import KIND, definition
from core.evaluation.score_table import CaseRow, RowPage, Table, Tables
from core.evaluation.served import between, comparability, told, who_judged
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
from core.records.metrics import MetricSpec
from core.store.handle import searchable

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.jobs import Jobs
    from core.store import Store

T = TypeVar("T", Response, ScoredResponse)
ExportForm = Literal["csv", "jsonl", "html"]

MOST_COMPARED = 1_000
"""Failures, and as many other cases, that are looked at for what they have in common."""


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
        self._tables = Tables(store, materials)

    # -- before starting --

    def computed_metrics(self) -> Mapping[str, Definition]:
        """Metrics that need no model, by name, the administrator's own last."""
        return self._materials.definitions()

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

    def results(self, evaluation_id: str, cluster: str = "") -> Results:
        """The figures so far; cases with the same value in the column `cluster` belong together.

        InvalidInput when the dataset has no such column.
        """
        table = self.table(evaluation_id)
        evaluation = table.evaluation
        fields = [case.fields for case in table.cases]
        clusters = by_column(cluster, self.columns(evaluation), fields)
        keys = [one.key for one in evaluation.candidates]
        found = results.figures(table.grid, keys, table.infos, clusters)
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
                results.contrasts(table.grid, keys, table.infos, table.paired, clusters),
                comparability(table.served),
                {one.key for one in odd},
            ),
            self._store.evaluations.measured(evaluation_id),
            position_reports(table.battles),
            {judge: found for judge, found in flagged.items() if found},
            told(table.served),
            between(table.served),
            odd,
            cluster,
        )

    def columns(self, evaluation: Evaluation) -> Sequence[str]:
        """The columns of its dataset."""
        return self._datasets.version(evaluation.dataset_version_id).columns

    def rows(
        self, evaluation_id: str, wanted: RowFilter, *, offset: int = 0, limit: int = 50
    ) -> RowPage:
        """A page of the cases that the filter selects."""
        table = self.table(evaluation_id)
        sought = replace(wanted, search=searchable(wanted.search.strip()))
        info = table.infos.get(wanted.signature)
        fields = [case.fields for case in table.cases] if wanted.column else ()
        places = row_choice.rows(table.grid, sought, info, fields, table.texts)
        keys = [one.key for one in table.evaluation.candidates]
        page = [self._row(table, place, wanted.signature, keys)
                for place in places[offset : offset + limit]]  # fmt: skip
        reasons = self._reasons(table, wanted.signature, [row.case.id for row in page])
        page = [replace(row, reasons=reasons.get(row.case.id, {})) for row in page]
        return RowPage(page, len(places))

    def _reasons(
        self, table: Table, signature: str, cases: Sequence[str]
    ) -> Mapping[str, Mapping[str, str]]:
        """Why the values of a metric are as they are, by case and candidate (or pair)."""
        found: dict[str, dict[str, str]] = {}
        for one in self._store.scores.of_cases(table.evaluation.id, cases):
            if one.signature == signature and one.score.reason:
                found.setdefault(one.case_id, {}).setdefault(one.candidate, one.score.reason)
        shown = set(cases) if signature in table.paired else set()
        for battle in table.battles if shown else ():
            if battle.signature == signature and battle.case_id in shown and battle.reason:
                pair = f"{battle.a}:{battle.b}"
                found.setdefault(battle.case_id, {}).setdefault(pair, battle.reason)
        return found

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
        failed = row_choice.failing(table.grid, info, signature, candidate, MOST_COMPARED)
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
        """All its scores in memory."""
        evaluation = self.get(evaluation_id)
        return self._tables.of(evaluation, self._job(evaluation))

    def export(
        self, evaluation_id: str, form: ExportForm, *, language: str = "en", cluster: str = ""
    ) -> Iterator[bytes]:
        """The evaluation as a file: `csv`, `jsonl`, or `html`, a report in a language."""
        details = self.everything(evaluation_id)
        table = self.table(evaluation_id)
        if form == "html":
            labels = {one: self.labels(evaluation_id, one) for one in table.infos}
            found, name = self.results(evaluation_id, cluster), self.dataset_name(table.evaluation)
            return report(found, name, details, language, labels, table.apart)
        if form == "jsonl":
            return export_jsonl(table.evaluation, details, table.apart)
        names = {signature: info.name for signature, info in table.infos.items()}
        marks = Marks(names, table.paired, table.apart)
        return export_csv(table.evaluation, details, self.columns(table.evaluation), marks)

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


def _by_case(belongings: Sequence[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for one in belongings:
        found.setdefault(one.case_id, []).append(one)
    return found
