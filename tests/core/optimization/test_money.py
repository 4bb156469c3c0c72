"""The cap in money under many calls at once: the real ledger, simulated models, random prices."""

from __future__ import annotations

import asyncio
import random
from concurrent.futures import Future
from dataclasses import dataclass

import pytest

from bench.worlds.engines import Setting, WorldRoles, task_of
from bench.worlds.world import KINDS, World
from core.optimization.candidates import Measured, Tried
from core.optimization.desk import Desk, MemoryJournal, Settled
from core.optimization.search import Found, Search, Wish
from core.records.budget import Cap
from core.records.runs import CallContext, Failure, Reply
from core.store import Store
from tests.core.store.conftest import text_request

AT_ONCE = 32
BUSY = Reply("rate_limited", failure=Failure("rate_limited", "Slow down.", 429, 0.0))
ROUNDING = 1e-9


@dataclass
class Prices:
    """Asks the ledger before each try as the engine does, and keeps its own account of it."""

    store: Store
    job_id: str
    limit: float
    per_call: float
    chance: random.Random
    out: float = 0.0
    paid: float = 0.0
    flying: int = 0
    most_flying: int = 0
    highest: float = 0.0
    calls: int = 0

    async def settled(self, data: dict[str, object]) -> Settled:
        """One call, sometimes with a second try."""
        run_id, cost = self.store.new_id(), 0.0
        tries = 2 if self.chance.random() < 0.15 else 1
        for number in range(1, tries + 1):
            reserved = self.per_call * self.chance.uniform(0.5, 6)
            context = CallContext("ada", job_id=self.job_id)
            cap = Cap("job", self.job_id, self.limit)
            sending = self.store.ledger.reserve_and_send(
                run_id, number, text_request(), context, reserved, (cap,)
            )
            await asyncio.wrap_future(sending)
            self.out += reserved
            self.flying += 1
            self.most_flying = max(self.most_flying, self.flying)
            self.highest = max(self.highest, self.out + self.paid)
            last = number == tries
            # The far end may bill nothing, something, or all that was thought possible.
            actual = reserved * self.chance.choice([0.0, self.chance.random(), 1.0])
            try:
                await asyncio.sleep(self.chance.choice([0, 0, 0.001]))
            except asyncio.CancelledError:
                # The engine settles what it stops: it was sent, so it may have been billed.
                self._settle(run_id, number, reserved, actual, Reply("cancelled"), last=True)
                raise
            reply = Reply("ok") if last else BUSY
            await asyncio.wrap_future(
                self._settle(run_id, number, reserved, actual, reply, last=last)
            )
            cost += actual
        self.calls += 1
        return Settled(data, 1, cost)

    def _settle(
        self, run_id: str, number: int, reserved: float, actual: float, reply: Reply, *, last: bool
    ) -> Future[None]:
        ledger = self.store.ledger
        self.flying -= 1
        self.out -= reserved
        self.paid += actual
        settle = ledger.settle_run if last else ledger.settle_attempt
        return settle(run_id, number, reply, actual)


class PricedRoles(WorldRoles):
    """Simulated models that cost something."""

    def __init__(self, world: World, desk: Desk, prices: Prices) -> None:
        super().__init__(world, desk)
        self._prices = prices

    async def measure(self, tried: Tried, case_id: str, repeat: int) -> Measured:
        score, words = self._world.judged(tried.instruction, case_id, repeat)
        data = await self._desk.once(
            "target", [tried.instruction, case_id, repeat],
            lambda: self._prices.settled({"score": score, "words": words}),
        )  # fmt: skip
        return Measured("answer", data["score"], {}, data["words"])

    async def propose(self, wish: Wish) -> str:
        failures = [(one.input, one.explanation) for one in wish.failures]
        text = self._world.proposal(wish.instruction, failures, wish.other, wish.step, wish.place)
        data = await self._desk.once(
            "optimizer", [wish.instruction, wish.step, wish.place],
            lambda: self._prices.settled({"text": text}),
        )  # fmt: skip
        return str(data["text"])


async def searched(world: World, prices: Prices) -> Found:
    setting = Setting(40, 400, steps=8, candidates=4)
    desk = Desk(
        MemoryJournal(),
        max_calls=setting.calls,
        max_usd=prices.limit,
        at_once=AT_ONCE,
        purse=prices.job_id,
    )
    await desk.open()
    return await Search(task_of(world, setting), PricedRoles(world, desk, prices), desk).run()


def passes_no_cap(seeds: range) -> None:
    store = Store.open(":memory:")
    flying, stops = 0, set()
    for seed in seeds:
        chance = random.Random(seed)
        per_call = chance.choice([0.0003, 0.002, 0.01])
        # From a cap that refuses the first call to one that is never reached.
        limit = per_call * chance.choice([0.3, 30, 120, 400, 10_000])
        prices = Prices(store, f"job-{seed}", limit, per_call, chance)
        found = asyncio.run(searched(World(KINDS["single rules"], seed), prices))
        assert prices.highest <= limit + ROUNDING, f"seed {seed}"
        assert store.ledger.spent_by_job(prices.job_id) <= limit + ROUNDING, f"seed {seed}"
        assert prices.flying == 0
        assert prices.calls <= 400
        flying = max(flying, prices.most_flying)
        stops.add(found.stop)
    store.close()
    # It is no proof of anything unless caps were reached, and with many calls on their way.
    assert "budget_usd" in stops and len(stops) > 1
    assert flying == AT_ONCE


def test_the_cap_in_money_is_kept_with_many_calls_at_once() -> None:
    passes_no_cap(range(6))


@pytest.mark.soak
def test_the_cap_in_money_is_kept_in_a_hundred_jobs() -> None:
    passes_no_cap(range(100))
