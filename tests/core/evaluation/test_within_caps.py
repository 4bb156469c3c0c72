"""A cap that is only reserved makes calls wait; one that is spent stops them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from core.errors import OverBudget, WorkbenchError
from core.evaluation.within_caps import CallsWithinCaps, raising_refusals
from core.records.prompts import Part, Turn
from core.records.runs import CallContext, Reply, Request

REQUEST = Request("sandbox", "m", (Turn("user", (Part("x"),)),))
CONTEXT = CallContext("ada", job_id="job", foreground=False)


@dataclass
class Live:
    run_id: str
    reply: Reply | None
    error: WorkbenchError | None = None


class Purse:
    """Calls that reserve `reserved` of `cap` and cost `cost`."""

    def __init__(self, cap: float, reserved: float, cost: float) -> None:
        self.cap, self.reserved, self.cost = cap, reserved, cost
        self.spent = self.held = 0.0
        self.most_at_once = self.under_way = self.refusals = 0

    async def generate(self, request: Request, context: CallContext, **how: Any) -> Live:
        await asyncio.sleep(0)
        if self.spent + self.held + self.reserved > self.cap:
            self.refusals += 1
            return Live("", None, OverBudget("The cap is reached."))
        self.held += self.reserved
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        await asyncio.sleep(0.001)
        self.under_way -= 1
        self.held -= self.reserved
        self.spent += self.cost
        return Live("r", Reply("ok"))


def many(purse: Purse, count: int) -> list[Live]:
    async def work() -> list[Live]:
        calls = CallsWithinCaps(purse)  # type: ignore[arg-type]
        return await asyncio.gather(*(calls.generate(REQUEST, CONTEXT) for _ in range(count)))  # type: ignore[return-value]

    return asyncio.run(asyncio.wait_for(work(), 20))


def test_what_is_only_reserved_makes_the_others_wait() -> None:
    purse = Purse(cap=10.0, reserved=1.0, cost=0.01)
    found = many(purse, 200)
    assert all(live.reply is not None for live in found)
    assert purse.most_at_once == 10
    assert purse.refusals < 600


def test_what_is_spent_stops_the_rest() -> None:
    purse = Purse(cap=10.0, reserved=1.0, cost=1.0)
    found = many(purse, 50)
    assert sum(live.reply is not None for live in found) == 10
    assert sum(isinstance(live.error, OverBudget) for live in found) == 40


def test_a_cap_below_one_call_stops_at_once() -> None:
    found = many(Purse(cap=0.5, reserved=1.0, cost=0.0), 20)
    assert not [live for live in found if live.reply is not None]


def test_a_refusal_that_a_judge_swallowed_is_raised() -> None:
    async def judging() -> str:
        calls = CallsWithinCaps(Purse(0.5, 1.0, 0.0))  # type: ignore[arg-type]
        await asyncio.gather(*(calls.generate(REQUEST, CONTEXT) for _ in range(3)))
        return "swallowed"

    with pytest.raises(OverBudget):
        asyncio.run(raising_refusals(judging()))


def test_other_errors_are_left_alone() -> None:
    async def judging() -> str:
        return "fine"

    assert asyncio.run(raising_refusals(judging())) == "fine"
