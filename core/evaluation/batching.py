"""The answers of an evaluation through the batch lane: sent together, collected when they come.

What is under way is found by the evaluation it belongs to, so a job that goes on, here or in a
later process, first collects what an earlier one sent.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from core.errors import BatchProblem, InvalidInput, OverBudget, WorkbenchError
from core.evaluation import plan
from core.evaluation.answers import answer_of, not_sent, used_values
from core.records.batches import Answered, Asked, OpenBatch
from core.records.budget import Cap
from core.records.evaluations import AnswerKey, Response
from core.records.jobs import Job

if TYPE_CHECKING:
    from core.engine.batch_needs import Taken
    from core.evaluation.working import Kept, Working


class Lane(Protocol):
    """The engine's batches (`core.engine.batch`)."""

    async def open(self, owner: str) -> Sequence[OpenBatch]:
        """The batches of an evaluation that are not collected."""

    async def send(self, owner: str, asked: Sequence[Asked], caps: tuple[Cap, ...]) -> Taken:
        """Send requests to one model, as many as fit; a cap's refusals stay out of it."""

    async def results(self, batch: OpenBatch) -> Sequence[Answered]:
        """Wait for the batch to end; every request's answer, committed."""

    async def close(self, batch: OpenBatch) -> None:
        """Its answers are kept."""


class Batching:
    """Asks for some answers as a batch, and keeps them. Works on the engine's loop."""

    def __init__(self, lane: Lane, kept: Kept) -> None:
        self._lane = lane
        self._kept = kept
        self._turns: dict[str, asyncio.Lock] = {}

    async def answers(
        self, working: Working, keys: Sequence[AnswerKey], job: Job, caps: tuple[Cap, ...]
    ) -> None:
        """Get these answers. Raises what must stop the job, such as a reached cap."""
        for key in keys:
            # Committed before a kill, though the unit's own result was not.
            if key in working.had:
                working.came(key)
        evaluation_id = working.material.evaluation.id
        while left := [key for key in keys if key in working.out]:
            under_way = await self._lane.open(evaluation_id)
            wanted = {_name(key) for key in left}
            mine = [one for one in under_way if wanted & one.runs.keys()]
            for batch in mine:
                await self._collect(working, batch)
            if not mine:
                await self._send(working, left, job, caps)
        for batch in await self._lane.open(evaluation_id):
            # Collected to the last answer by a process that died just then.
            if not any(AnswerKey(*json.loads(name)) in working.out for name in batch.runs):
                await self._lane.close(batch)

    async def _collect(self, working: Working, batch: OpenBatch) -> None:
        """Keep a batch's answers; several units may wait for one batch."""
        evaluation_id = working.material.evaluation.id
        async with self._turns.setdefault(batch.id, asyncio.Lock()):
            now = [one for one in await self._lane.open(evaluation_id) if one.id == batch.id]
            if not now:
                return
            answered = await self._lane.results(now[0])
            await self._keep(
                working,
                [
                    _answer(working, key, one)
                    for one in answered
                    if not one.again and (key := AnswerKey(*json.loads(one.key))) in working.out
                ],
            )
            await self._lane.close(batch)
        if any(one.again for one in answered):
            raise BatchProblem(
                "The batch was cancelled or is lost at the service. Go on sends what is missing "
                "again."
            )

    async def _send(
        self, working: Working, keys: Sequence[AnswerKey], job: Job, caps: tuple[Cap, ...]
    ) -> None:
        """Send what can be sent; what cannot be asked at all is an answer of its own."""
        material, asked, known = working.material, list[Asked](), list[Response]()
        for key in keys:
            case, candidate = material.cases[key.case_id], material.candidates[key.candidate]
            try:
                request = plan.case_request(candidate, case)
            except InvalidInput as error:
                known.append(not_sent(key, error))
                continue
            before = working.reusable.get((plan.request_name(request), key.repeat))
            if before is not None:
                sample = plan.sample_name(case, before.text)
                known.append(replace(before, case_id=case.id, candidate=candidate.key,
                                     cost_usd=0.0, sample_sha256=sample))  # fmt: skip
                continue
            context = replace(
                material.contexts[candidate.key],
                actor=job.created_by,
                job_id=job.id,
                repeat=key.repeat,
                values=used_values(candidate, case),
            )
            asked.append(Asked(_name(key), request, context))
        await self._keep(working, known)
        if asked:
            await self._sent(working, asked, caps)

    async def _sent(self, working: Working, asked: Sequence[Asked], caps: tuple[Cap, ...]) -> None:
        """Send them; when a cap holds all back, wait until another batch gives some of it free."""
        evaluation_id = working.material.evaluation.id
        sent: set[str] = set()
        refused: dict[str, WorkbenchError] = {}
        while left := [one for one in asked if one.key not in sent | refused.keys()]:
            taken = await self._lane.send(evaluation_id, left, caps)
            refused |= taken.refused
            sent |= taken.batch.runs.keys() if taken.batch is not None else set()
        unsendable = {key: one for key, one in refused.items() if isinstance(one, InvalidInput)}
        await self._keep(
            working,
            [not_sent(AnswerKey(*json.loads(key)), one) for key, one in unsendable.items()],
        )
        held_back = [one for key, one in refused.items() if key not in unsendable]
        if sent or not held_back:
            # What a cap held back is tried again when this is collected.
            return
        under_way = await self._lane.open(evaluation_id)
        if not under_way or not isinstance(held_back[0], OverBudget):
            raise held_back[0]
        await self._collect(working, under_way[0])

    async def _keep(self, working: Working, answers: Sequence[Response]) -> None:
        evaluation_id = working.material.evaluation.id
        committing = [(one, self._kept.record(evaluation_id, one)) for one in answers]
        for answer, future in committing:
            await asyncio.wrap_future(future)
            working.answers[answer.key] = answer
            working.came(answer.key)


def _name(key: AnswerKey) -> str:
    return json.dumps(key, ensure_ascii=False)


def _answer(working: Working, key: AnswerKey, one: Answered) -> Response:
    material = working.material
    case, candidate = material.cases[key.case_id], material.candidates[key.candidate]
    answer = answer_of(key, one, streamed=False)
    return replace(
        answer,
        request_sha256=plan.request_name(plan.case_request(candidate, case)),
        sample_sha256=plan.sample_name(case, answer.text),
    )
