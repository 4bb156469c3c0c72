"""Running one request several times, as a job: it can be stopped, and goes on after a restart."""

from __future__ import annotations

import hashlib
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from core.errors import InvalidInput
from core.jobs import AT_ONCE
from core.records.budget import Cap
from core.records.jobs import Job, Unit, UnitResult, UnitStatus
from core.records.runs import CallContext, Reply, Request

KIND = "repeat"
MOST = 100


class LiveCall(Protocol):
    """A call that has ended."""

    @property
    def run_id(self) -> str:
        """The run's id."""

    @property
    def reply(self) -> Reply | None:
        """What came back; None when nothing was sent."""

    @property
    def error(self) -> Exception | None:
        """Why nothing was sent."""


class Calls(Protocol):
    """The engine, as far as repeating needs it."""

    def generate(
        self,
        request: Request,
        context: CallContext,
        *,
        caps: tuple[Cap, ...] = (),
        stream: bool = False,
    ) -> Coroutine[Any, Any, LiveCall]:
        """Make a call; returns when it is committed."""


class Limits(Protocol):
    """The spending caps in US dollars."""

    @property
    def user_day_usd(self) -> float:
        """Per person and UTC day."""

    @property
    def job_usd(self) -> float:
        """Per job."""


def definition(request: Request, context: CallContext, times: int) -> dict[str, Any]:
    """The job as plain JSON. InvalidInput when `times` is out of range."""
    if not 2 <= times <= MOST:
        raise InvalidInput("A run can be repeated 2 to {most} times, not {times}.",
                           most=MOST, times=times)  # fmt: skip
    return {"request": request.to_json(), "context": asdict(context), "times": times}


class RepeatHandler:
    """Each unit is one call of the same request; its result is the id and outcome of the run."""

    at_once = AT_ONCE

    def __init__(self, calls: Calls, limits: Limits) -> None:
        self._calls = calls
        self._limits = limits

    def plan(self, definition: Mapping[str, Any]) -> Sequence[Unit]:
        """As many units as times; equal requests differ by their number."""
        request = definition["request"]
        return [
            Unit(hashlib.sha256(f"{request}#{number}".encode()).hexdigest(), number)
            for number in range(1, int(definition["times"]) + 1)
        ]

    async def run(self, unit: Unit, job: Job) -> UnitResult:
        """Make the call. A refused or failed call is a result, not the end of the job."""
        asked = {**job.definition["context"], "job_id": job.id, "group_id": job.id}
        context = CallContext(**{**asked, "repeat": unit.number})
        caps = (
            Cap("user_day", context.actor, self._limits.user_day_usd),
            Cap("job", job.id, self._limits.job_usd),
        )
        request = Request.from_json(job.definition["request"])
        live = await self._calls.generate(request, context, caps=caps, stream=True)
        if live.reply is None:
            return UnitResult(unit.key, "failed", {"problem": str(live.error or "cancelled")})
        status: UnitStatus = "ok" if live.reply.outcome == "ok" else "failed"
        return UnitResult(unit.key, status, {"run_id": live.run_id, "outcome": live.reply.outcome})
