"""Evaluations as a kind of job: answers first, then what scores them.

A job's units are begun in order, so whatever scores knows that its answers are asked for, and only
waits until they are in. What a unit came to is committed before its result is: a killed
process goes on with what is missing, and asks again only what was under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence, Set
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Protocol

from core.errors import InvalidInput
from core.evaluation import plan
from core.evaluation.answers import answer_of, not_sent, used_values
from core.evaluation.batching import Batching, Lane
from core.evaluation.judge import Judge
from core.evaluation.managed import Service
from core.evaluation.plan import PairKey
from core.evaluation.sampling import (
    Material,
    computed,
    judged_case,
    judged_sample,
    scored_response,
    unanswered,
)
from core.evaluation.within_caps import CallsWithinCaps, raising_refusals
from core.evaluation.working import Kept, Working
from core.prompts.repeat import Calls, Limits
from core.records.budget import Cap
from core.records.evaluations import (
    AnswerKey,
    Battle,
    Response,
    ScoredResponse,
    ScoreLine,
)
from core.records.jobs import Job, Unit, UnitResult, UnitStatus
from core.records.metrics import Score
from core.records.runs import CallContext

KIND = "evaluation"
AT_ONCE = 160
"""The 64 calls that a gate lets through, half as many admitted, and those between two commits."""


class Scores(Protocol):
    """Scores in the store (`core.store.scores`)."""

    def record(self, scores: Sequence[ScoredResponse]) -> Future[None]:
        """Commit scores of answers: rows of one call are one statement."""

    def keys(self, evaluation_id: str) -> Set[tuple[AnswerKey, str]]:
        """Answers that have a score, also an error, each with the score's signature."""

    def lines(self, evaluation_id: str) -> Sequence[ScoreLine]:
        """Every score without its reason and details."""

    def of_cases(self, evaluation_id: str, cases: Sequence[str]) -> Sequence[ScoredResponse]:
        """The scores of some cases, whole."""

    def forget_errors(self, evaluation_id: str) -> None:
        """Remove scores with status `error`, so that they count as not done yet."""

    def keep_sums(self, evaluation_id: str) -> None:
        """Sum the answers to each case, for the leaderboard."""


class Source(Protocol):
    """Where a job finds what it works with (`core.evaluation.evaluations`)."""

    def units(self, evaluation_id: str) -> Sequence[Unit]:
        """What is left to do."""

    def material(self, evaluation_id: str) -> Material:
        """Cases, candidates and metrics."""

    def open_units(self, job_id: str) -> Sequence[Unit]:
        """Units of a job without a result."""


Stage = Callable[[Working, Unit, Job], Coroutine[Any, Any, Mapping[str, Any]]]


class EvaluationHandler:
    """Answers, computed scores, judged answers and pairs, the service: a kind of unit each."""

    at_once = AT_ONCE

    def __init__(
        self,
        *,
        source: Source,
        kept: Kept,
        scores: Scores,
        calls: Calls,
        judge: Callable[[Calls], Judge],
        limits: Limits,
        service: Service,
        lane: Lane,
    ) -> None:
        self._source = source
        self._kept = kept
        self._scores = scores
        self._calls = CallsWithinCaps(calls)
        self._judge = judge(self._calls)
        self._limits = limits
        self._service = service
        self._service_turn = asyncio.Lock()
        self._batching = Batching(lane, kept)
        self._computing = asyncio.Lock()
        self._working: dict[str, asyncio.Task[Working]] = {}
        self._open: dict[str, int] = {}
        self._stages: Mapping[str, Stage] = {
            "answer": self._answer,
            "batch": self._batch,
            "compute": self._compute,
            "judge": self._judged,
            "pair": self._pair,
            "managed": self._managed,
        }

    def plan(self, definition: Mapping[str, Any]) -> Sequence[Unit]:
        """All that is not there yet."""
        return self._source.units(definition["evaluation_id"])

    async def run(self, unit: Unit, job: Job) -> UnitResult:
        """Do one unit. Raises what will not get better by going on, such as a reached cap."""
        working = await self._of(job)
        data = await self._stages[unit.payload["stage"]](working, unit, job)
        self._open[job.id] -= 1
        if not self._open[job.id]:
            del self._working[job.id], self._open[job.id]
            await asyncio.to_thread(self._scores.keep_sums, working.material.evaluation.id)
        status: UnitStatus = "failed" if data.get("failed") else "ok"
        return UnitResult(unit.key, status, data)

    # -- what a job works with --

    async def _of(self, job: Job) -> Working:
        task = self._working.get(job.id)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._working[job.id] = asyncio.create_task(self._read(job))
        return await asyncio.shield(task)

    async def _read(self, job: Job) -> Working:
        evaluation_id = job.definition["evaluation_id"]
        material = await asyncio.to_thread(self._source.material, evaluation_id)
        left = await asyncio.to_thread(self._source.open_units, job.id)
        self._open[job.id] = len(left)
        asked = dict(pair for unit in left for pair in _asked(unit))
        reusable: Mapping[tuple[str, int], Response] = {}
        if material.evaluation.reuse and asked:
            names = sorted(set(asked.values()))
            reusable = await asyncio.to_thread(self._kept.same_requests, names)
        had = await asyncio.to_thread(self._kept.keys, evaluation_id) if asked else {}
        loop = asyncio.get_running_loop()
        out = {key: loop.create_future() for key in asked}
        return Working(material, out, reusable, had)

    async def _texts(
        self, working: Working, keys: Sequence[AnswerKey]
    ) -> Mapping[AnswerKey, Response]:
        """Answers, these among them, once they are in."""
        waited = [key for key in keys if key in working.out]
        if working.material.evaluation.engine == "batch":
            # What batches reserve under a cap would keep judges from asking: they come after all.
            waited = list(working.out)
        out = [working.out[key] for key in waited]
        if out:
            await asyncio.wait(out)
        async with working.loading:
            # Those of this process are at hand; those from before it are read together.
            if not working.loaded and any(key not in working.answers for key in keys):
                evaluation = working.material.evaluation
                found = await asyncio.to_thread(self._kept.answers, evaluation.id)
                working.answers = {answer.key: answer for answer in found} | working.answers
                working.loaded = True
        return working.answers

    def _caps(self, job: Job) -> tuple[Cap, ...]:
        return (
            Cap("user_day", job.created_by, self._limits.user_day_usd),
            Cap("job", job.id, self._limits.job_usd),
        )

    # -- answers --

    async def _answer(self, working: Working, unit: Unit, job: Job) -> Mapping[str, Any]:
        key = AnswerKey(*unit.payload["key"])
        # Committed before a kill, though the unit's own result was not.
        if key in working.had:
            working.came(key)
            return {"failed": working.had[key]}
        answer = await self._ask(working, key, unit.payload["request"], job)
        await asyncio.wrap_future(self._kept.record(working.material.evaluation.id, answer))
        working.answers[key] = answer
        working.came(key)
        return {"run_id": answer.run_id, "failed": answer.error}

    async def _ask(self, working: Working, key: AnswerKey, name: str, job: Job) -> Response:
        material = working.material
        case, candidate = material.cases[key.case_id], material.candidates[key.candidate]
        try:
            request = plan.case_request(candidate, case)
        except InvalidInput as error:
            return not_sent(key, error)
        before = working.reusable.get((name, key.repeat))
        if before is not None:
            return replace(before, case_id=case.id, candidate=candidate.key, cost_usd=0.0,
                           sample_sha256=plan.sample_name(case, before.text))  # fmt: skip
        context = replace(
            material.contexts[candidate.key],
            actor=job.created_by,
            job_id=job.id,
            repeat=key.repeat,
            values=used_values(candidate, case),
        )
        live = await self._calls.generate(
            request, context, caps=self._caps(job), stream=material.metrics.streams
        )
        if live.reply is None:
            if live.error is not None and not isinstance(live.error, InvalidInput):
                raise live.error
            return not_sent(key, live.error or "cancelled")
        answer = answer_of(key, live, streamed=material.metrics.streams)
        return replace(
            answer, request_sha256=name, sample_sha256=plan.sample_name(case, answer.text)
        )

    async def _batch(self, working: Working, unit: Unit, job: Job) -> Mapping[str, Any]:
        keys = [AnswerKey(*key) for key in unit.payload["keys"]]
        await self._batching.answers(working, keys, job, self._caps(job))
        return {"answers": len(keys)}

    # -- scores --

    async def _compute(self, working: Working, unit: Unit, job: Job) -> Mapping[str, Any]:
        keys = [AnswerKey(*key) for key in unit.payload["keys"]]
        answers = await self._texts(working, keys)
        # Some metrics take milliseconds each; the loop serves streams meanwhile. In one thread at
        # a time: several would only take the interpreter from the loop.
        async with self._computing:
            scored = await asyncio.to_thread(
                computed, working.material, [answers[key] for key in keys],
                unit.payload["signatures"],
            )  # fmt: skip
        await asyncio.wrap_future(self._scores.record(scored))
        return {"scores": len(scored)}

    async def _judged(self, working: Working, unit: Unit, job: Job) -> Mapping[str, Any]:
        key, signature = AnswerKey(*unit.payload["key"]), unit.payload["signature"]
        answer = (await self._texts(working, [key]))[key]
        metric = working.material.metrics.judged[signature]
        if answer.error:
            score = unanswered(answer)
        else:
            score = await self._verdict(working, answer, signature, job)
        scored = scored_response(working.material.evaluation.id, answer, metric.info.name,
                                 signature, score, metric.settings.judge)  # fmt: skip
        await asyncio.wrap_future(self._scores.record([scored]))
        return {"failed": score.reason if score.status == "error" else ""}

    async def _verdict(self, working: Working, answer: Response, signature: str, job: Job) -> Score:
        """Equal answers to equal cases are judged once, also when they are judged at once."""
        name = (answer.sample_sha256, signature)
        task = working.judged.get(name)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            metric = working.material.metrics.judged[signature]
            sample = judged_sample(working.material, answer)
            context = self._judge_context(working, answer, job)
            judging = self._judge.pointwise(metric, sample, context, caps=self._caps(job))
            task = working.judged[name] = asyncio.create_task(raising_refusals(judging))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            raise

    async def _managed(self, working: Working, unit: Unit, job: Job) -> Mapping[str, Any]:
        """Scores of the platform's service. Raises NotConfigured, which stops the job."""
        keys = [AnswerKey(*key) for key in unit.payload["keys"]]
        given = await self._texts(working, keys)
        answers = [given[key] for key in keys]
        metric = working.material.metrics.managed[unit.payload["signature"]]
        evaluation_id = working.material.evaluation.id
        cases = {one.case_id: judged_case(working.material, one.case_id) for one in answers}
        scored = [
            scored_response(evaluation_id, one, metric.name, metric.signature, unanswered(one))
            for one in answers
            if one.error
        ]
        # One at a time: the SDK keeps to its rate within a call only.
        async with self._service_turn:
            scored += await asyncio.to_thread(
                self._service.score, evaluation_id, answers, cases, [metric]
            )
        await asyncio.wrap_future(self._scores.record(scored))
        return {"scores": len(scored)}

    async def _pair(self, working: Working, unit: Unit, job: Job) -> Mapping[str, Any]:
        pair = PairKey(*unit.payload["key"])
        metric = working.material.metrics.paired[unit.payload["signature"]]
        keys = [AnswerKey(pair.case_id, key, pair.repeat) for key in (pair.a, pair.b)]
        answers = await self._texts(working, keys)
        one, other = (answers[key] for key in keys)
        failed = one.error or other.error
        if failed:
            battle = Battle(pair.case_id, pair.a, pair.b, None, metric.settings.judge,
                            reason=one.problem or other.problem or failed,
                            metric=metric.info.name, signature=metric.info.signature)  # fmt: skip
        else:
            judging = self._judge.pairwise(
                metric,
                judged_case(working.material, pair.case_id),
                judged_sample(working.material, one),
                judged_sample(working.material, other),
                self._judge_context(working, one, job),
                names=(pair.a, pair.b),
                caps=self._caps(job),
            )
            battle = await raising_refusals(judging)
        battle = replace(battle, repeat=pair.repeat)
        evaluation_id = working.material.evaluation.id
        await asyncio.wrap_future(self._kept.record_battles(evaluation_id, [battle]))
        return {"failed": battle.reason if battle.result is None else ""}

    def _judge_context(self, working: Working, answer: Response, job: Job) -> CallContext:
        return CallContext(
            actor=job.created_by,
            purpose="judge",
            group_id=working.material.evaluation.id,
            repeat=answer.repeat,
            job_id=job.id,
            foreground=False,
        )


def _asked(unit: Unit) -> Sequence[tuple[AnswerKey, str]]:
    """The answers that a unit asks for, with the names of their requests."""
    payload = unit.payload
    if payload["stage"] == "answer":
        return [(AnswerKey(*payload["key"]), payload["request"])]
    if payload["stage"] == "batch":
        keys = [AnswerKey(*key) for key in payload["keys"]]
        return list(zip(keys, payload["requests"], strict=True))
    return ()


def definition(evaluation_id: str) -> dict[str, Any]:
    """The job as plain JSON."""
    return {"evaluation_id": evaluation_id}
