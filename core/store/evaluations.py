"""Evaluations: what is evaluated, the answers, and the pairs that a judge compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import NotFound
from core.records.comparisons import Candidate
from core.records.datasets import CaseSlice
from core.records.evaluations import AnswerKey, Battle, Evaluation, Measured, Response
from core.records.freezes import Freeze
from core.records.metrics import MetricSpec
from core.records.prompts import PromptSpec
from core.store.appending import Appending
from core.store.database import storable, to_aware
from core.store.handle import Handle
from core.store.writer import Cursor

_CURRENT = """
    select e.id, coalesce(c.title, e.title), e.dataset_version_id, e.definition, c.metrics,
           c.judge, c.job_id, case when c.deleted then c.changed_at end, e.created_at, e.created_by
    from evaluations e
    left join (
        select evaluation_id, arg_max(title, id) as title, arg_max(metrics, id) as metrics,
               arg_max(judge, id) as judge, arg_max(job_id, id) as job_id,
               coalesce(arg_max(deleted, id), false) as deleted, max(created_at) as changed_at
        from evaluation_changes group by evaluation_id
    ) c on c.evaluation_id = e.id
"""
_ANSWERS = """
    select r.case_id, r.candidate, r.repeat, r.run_id, {text}, r.error, r.problem,
           r.request_sha256, r.sample_sha256, r.total_ms, r.first_token_ms, r.cost_usd,
           r.output_tokens, r.function_calls, {served}
    from responses r
"""
_WITH_RUNS = _ANSWERS.format(text="u.output", served="u.served_model")


@dataclass(frozen=True, slots=True)
class Typical:
    """What calls of a model were like lately; None where none is known."""

    output_tokens: float | None
    total_ms: float | None


class StoredEvaluations:
    """What `core.evaluation` needs kept, apart from scores (`core.store.scores`)."""

    def __init__(self, handle: Handle, bring_up_to_date: Callable[[], None]) -> None:
        """`bring_up_to_date` moves runs that just ended to where their texts can be read."""
        self._handle = handle
        self._bring_up_to_date = bring_up_to_date
        self._answers = Appending(handle.database, "responses")
        self._battles = Appending(handle.database, "battles")

    # -- evaluations --

    def create(self, draft: Evaluation) -> Evaluation:
        """Keep it under a fresh id and the store's time; those of the draft do not count."""
        new_id = self._handle.new_id()
        definition = {
            "candidates": [asdict(candidate) for candidate in draft.candidates],
            "metrics": [asdict(metric) for metric in draft.metrics],
            "repeats": draft.repeats,
            "cases": asdict(draft.cases),
            "judge": draft.judge,
            "engine": draft.engine,
            "language": draft.language,
            "reuse": draft.reuse,
            "final": draft.final,
        }
        self._handle.execute(
            "insert into evaluations values (?, ?, ?, ?, ?, ?)",
            [new_id, draft.title, draft.dataset_version_id,
             json.dumps(definition, ensure_ascii=False), self._handle.now(), draft.created_by],
        )  # fmt: skip
        return self.get(new_id)

    def get(self, evaluation_id: str) -> Evaluation:
        """The evaluation, also a deleted one. NotFound when there is none."""
        row = self._handle.row(f"{_CURRENT} where e.id = try_cast(? as uuid)", [evaluation_id])
        if row is None:
            raise NotFound(
                "There is no evaluation {id}. It may be in another database.", id=evaluation_id
            )
        return _evaluation(row)

    def list(self, limit: int = 100) -> Sequence[Evaluation]:
        """Those that are not deleted, newest first."""
        rows = self._handle.rows(
            f"{_CURRENT} where not coalesce(c.deleted, false) order by e.id desc limit ?", [limit]
        )
        return [_evaluation(row) for row in rows]

    def change(
        self,
        evaluation_id: str,
        *,
        actor: str,
        title: str | None = None,
        metrics: Sequence[MetricSpec] | None = None,
        judge: str | None = None,
        job_id: str | None = None,
        deleted: bool | None = None,
    ) -> None:
        """Append what is other than before; None leaves a thing as it is."""
        chosen = None if metrics is None else json.dumps([asdict(one) for one in metrics])
        self._handle.execute(
            "insert into evaluation_changes values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), evaluation_id, title, chosen, judge, job_id, deleted,
             self._handle.now(), actor],
        )  # fmt: skip

    def of_dataset_versions(self, version_ids: Sequence[str]) -> Sequence[Evaluation]:
        """Those that used one of these dataset versions, newest first."""
        rows = self._handle.rows(
            f"{_CURRENT} where e.dataset_version_id in (select unnest(cast(? as uuid[]))) "
            "and not coalesce(c.deleted, false) order by e.id desc",
            [list(version_ids)],
        )
        return [_evaluation(row) for row in rows]

    def frozen(self, key: str, model: str, limit: int) -> Sequence[Freeze]:
        """Those whose only candidate has this key and model, newest first, with their answers."""
        # Most definitions do not name the model, and a search is quicker than reading JSON.
        rows = self._handle.rows(
            f"{_CURRENT} where not coalesce(c.deleted, false) and contains(e.definition, ?) "
            "and json_array_length(e.definition, '$.candidates') = 1 "
            "and json_extract_string(e.definition, '$.candidates[0].key') = ? "
            "and json_extract_string(e.definition, '$.candidates[0].model') = ? "
            "order by e.id desc limit ?",
            [json.dumps(model, ensure_ascii=False), key, model, limit],
        )
        found = [_evaluation(row) for row in rows]
        counts = self._handle.rows(
            "select evaluation_id, count(distinct case_id), count(*) filter (where error = ''), "
            "count(*) filter (where error <> '') from responses "
            "where evaluation_id in (select unnest(cast(? as uuid[]))) group by evaluation_id",
            [[one.id for one in found]],
        )
        by_id = {str(id_): numbers for id_, *numbers in counts}
        return [Freeze(one, *by_id.get(one.id, (0, 0, 0))) for one in found]

    # -- answers --

    def record(self, evaluation_id: str, answer: Response) -> Future[None]:
        """Commit an answer, or that there is none."""
        row = (
            evaluation_id, answer.case_id, answer.candidate, answer.repeat, answer.run_id,
            answer.error, storable(answer.problem), answer.request_sha256, answer.sample_sha256,
            answer.total_ms, answer.first_token_ms, answer.cost_usd, answer.output_tokens,
            storable(json.dumps(answer.function_calls)) if answer.function_calls else "",
            self._handle.now(),
        )  # fmt: skip
        return self._handle.writer.add(self._answers, [row])

    def keys(self, evaluation_id: str) -> Mapping[AnswerKey, str]:
        """Every answer there is, with its error; empty for none."""
        rows = self._handle.rows(
            "select case_id, candidate, repeat, error from responses where evaluation_id = ?",
            [evaluation_id],
        )
        return {AnswerKey(case, candidate, n): error for case, candidate, n, error in rows}

    def answers(
        self, evaluation_id: str, cases: Sequence[str] | None = None, *, texts: bool = True
    ) -> Sequence[Response]:
        """The answers, of some cases or of all; `texts` False leaves their texts out."""
        where, values = "where r.evaluation_id = ?", [evaluation_id]
        if cases is not None:
            where += " and r.case_id in (select unnest(cast(? as text[])))"
            values.append(list(cases))  # type: ignore[arg-type]
        if not texts:
            return [
                _answer(row)
                for row in self._rows(_ANSWERS.format(text="''", served="''"), where, values)
            ]
        self._bring_up_to_date()
        sql = _WITH_RUNS + " left join runs u on u.id = r.run_id"
        return [_answer(row) for row in self._rows(sql, where, values)]

    def same_requests(self, hashes: Sequence[str]) -> Mapping[tuple[str, int], Response]:
        """Answers of any evaluation to requests of these names, by name and repeat."""
        self._bring_up_to_date()
        sql = _WITH_RUNS + " join runs u on u.id = r.run_id"
        where = "where r.error = '' and r.request_sha256 in (select unnest(cast(? as text[])))"
        found = [_answer(row) for row in self._rows(sql, where, [list(hashes)])]
        return {(one.request_sha256, one.repeat): one for one in found}

    def typical(self, connection: str, model: str, latest: int = 200) -> Typical:
        """Averages over the latest answered runs of a model."""
        row = self._handle.row(
            "select avg(coalesce(output_tokens, 0) + coalesce(thinking_tokens, 0)), avg(total_ms) "
            "from (select output_tokens, thinking_tokens, total_ms from runs where connection = ? "
            "and requested_model = ? and outcome = 'ok' order by id desc limit ?)",
            [connection, model, latest],
        )
        return Typical(*row) if row else Typical(None, None)

    def measured(self, evaluation_id: str) -> Sequence[Measured]:
        """What the answers of each candidate cost and took, by candidate."""
        rows = self._handle.rows(
            "select candidate, count(*), count(*) filter (where error <> ''), "
            "sum(cost_usd), quantile_cont(total_ms, 0.5), quantile_cont(total_ms, 0.95), "
            "avg(output_tokens) from responses where evaluation_id = try_cast(? as uuid) "
            "group by candidate order by candidate",
            [evaluation_id],
        )
        return [Measured(*row) for row in rows]

    def spent(self, evaluation_id: str) -> float:
        """US dollars that its answers and verdicts cost so far; nothing that is only reserved."""
        self._bring_up_to_date()
        row = self._handle.row(
            "select coalesce(sum(cost_usd), 0) from runs where group_id = ?", [evaluation_id]
        )
        return float(row[0]) if row else 0.0

    def call_costs(self, evaluation_id: str) -> Mapping[str, float]:
        """What a call cost on average by candidate, those of reused answers included."""
        self._bring_up_to_date()
        rows = self._handle.rows(
            "select a.candidate, avg(r.cost_usd) from responses a join runs r on r.id = a.run_id "
            "where a.evaluation_id = try_cast(? as uuid) and r.cost_usd is not null group by 1",
            [evaluation_id],
        )
        return dict(rows)

    # -- battles --

    def record_battles(self, evaluation_id: str, battles: Sequence[Battle]) -> Future[None]:
        """Commit pairs that were judged, or that could not be."""
        now = self._handle.now()
        rows = [
            (evaluation_id, one.case_id, one.a, one.b, one.repeat, one.metric, one.signature,
             one.result, one.judged_by, one.judge_served, one.consistent,
             json.dumps(one.verdicts), storable(one.reason), now)
            for one in battles
        ]  # fmt: skip
        return self._handle.writer.add(self._battles, rows)

    def battles(self, evaluation_id: str, cases: Sequence[str] | None = None) -> Sequence[Battle]:
        """The pairs that were judged, of some cases or of all."""
        where, values = "where evaluation_id = ?", [evaluation_id]
        if cases is not None:
            where += " and case_id in (select unnest(cast(? as text[])))"
            values.append(list(cases))  # type: ignore[arg-type]
        rows = self._handle.rows(
            "select case_id, a, b, result, judged_by, consistent, reason, metric, signature, "
            f"judge_served, verdicts, repeat from battles {where}",
            values,
        )
        return [_battle(row) for row in rows]

    def forget_failed(self, evaluation_id: str) -> None:
        """Remove what failed, so that it counts as not done yet; the runs stay in the history."""

        def work(cursor: Cursor) -> None:
            cursor.execute(
                "delete from responses where evaluation_id = ? and error <> ''", [evaluation_id]
            )
            cursor.execute(
                "delete from battles where evaluation_id = ? and result is null", [evaluation_id]
            )

        self._handle.write(work)

    def _rows(self, sql: str, where: str, values: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        return self._handle.rows(f"{sql} {where}", values)


def _evaluation(row: tuple[Any, ...]) -> Evaluation:
    id_, title, version_id, text, metrics, judge, job_id, deleted_at, at, by = row
    definition = json.loads(text)
    chosen = definition["metrics"] if metrics is None else json.loads(metrics)
    return Evaluation(
        id=str(id_),
        title=title,
        dataset_version_id=str(version_id),
        candidates=tuple(candidate_from(one) for one in definition["candidates"]),
        metrics=tuple(MetricSpec(one["name"], one["options"]) for one in chosen),
        repeats=definition["repeats"],
        created_at=to_aware(at),
        created_by=by,
        cases=CaseSlice(**definition["cases"]),
        judge=definition["judge"] if judge is None else judge,
        job_id=str(job_id) if job_id else None,
        engine=definition["engine"],
        deleted_at=to_aware(deleted_at) if deleted_at else None,
        language=definition["language"],
        reuse=definition["reuse"],
        final=definition["final"],
    )


def candidate_from(data: Mapping[str, Any]) -> Candidate:
    """Read what `dataclasses.asdict` made of a candidate."""
    return Candidate(**{**data, "spec": PromptSpec.from_dict(data["spec"])})


def _answer(row: tuple[Any, ...]) -> Response:
    case_id, candidate, repeat, run_id, text, *others, calls, served = row
    made = tuple(json.loads(calls)) if calls else ()
    fields: list[Any] = [case_id, candidate, repeat, str(run_id) if run_id else None, text or ""]
    fields += [*others, made, served or ""]
    return Response(*fields)


def _battle(row: tuple[Any, ...]) -> Battle:
    *others, verdicts, repeat = row
    fields: list[Any] = [*others, tuple(json.loads(verdicts)), repeat]
    return Battle(*fields)
