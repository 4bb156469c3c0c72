"""Calls of jobs under a spending cap: wait while money is only reserved, stop when it is spent.

A cap counts what calls in flight can cost at most, which is far more than most of them will cost.
So a call that the cap forbids waits until another one of the job has ended and given back what it
did not use. Only when none is in flight any more is the cap really reached.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.errors import OverBudget, WorkbenchError
from core.prompts.repeat import Calls, LiveCall
from core.records.budget import Cap
from core.records.runs import CallContext, Request

T = TypeVar("T")
_refused: ContextVar[list[WorkbenchError]] = ContextVar("refused")


@dataclass(slots=True)
class Line:
    """The calls of a job: how many are under way, and who waits for one of them to end."""

    under_way: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    def wake_one(self) -> None:
        """Let the first of those who wait try again."""
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


class CallsWithinCaps:
    """The engine's calls. `OverBudget` means that the cap is reached for good."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._lines: dict[str | None, Line] = {}

    async def generate(
        self,
        request: Request,
        context: CallContext,
        *,
        caps: tuple[Cap, ...] = (),
        stream: bool = False,
    ) -> LiveCall:
        """Make a call, as soon as the caps allow it."""
        line = self._lines.setdefault(context.job_id, Line())
        while True:
            line.under_way += 1
            try:
                live = await self._calls.generate(request, context, caps=caps, stream=stream)
            except BaseException:
                # Also when cancelled: who waits in line must hear that this call has left it.
                line.under_way -= 1
                line.wake_one()
                raise
            line.under_way -= 1
            if not isinstance(live.error, OverBudget):
                line.wake_one()
                return live
            if not line.under_way:
                _refused.get([]).append(live.error)
                line.wake_one()
                return live
            turn = asyncio.get_running_loop().create_future()
            line.waiting.append(turn)
            await turn


async def raising_refusals(judging: Coroutine[Any, Any, T]) -> T:
    """Await what a judge says. It makes an error of whatever hinders it; but a reached cap must
    stop the job, so OverBudget is raised."""
    refused: list[WorkbenchError] = []
    token = _refused.set(refused)
    try:
        said = await judging
    finally:
        _refused.reset(token)
    if refused:
        raise refused[0]
    return said
