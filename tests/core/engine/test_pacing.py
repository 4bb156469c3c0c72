"""The gate with a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from core.engine.outcome import Trouble
from core.engine.pacing import Gate
from core.records.runs import Failure


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def overload(retry_after: float | None = None, code: str = "rate_limited") -> Trouble:
    failure = Failure(code, "slow down", http_status=429, retry_after_s=retry_after)
    return Trouble("rate_limited", failure, "transient")


async def permit(gate: Gate, *, foreground: bool = False) -> None:
    await gate.admit(foreground=foreground)
    await gate.enter(foreground=foreground)


def on_loop(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_no_more_than_the_ceiling_at_once() -> None:
    async def work() -> None:
        gate = Gate(2, Clock())
        for _ in range(2):
            await permit(gate)
        third = asyncio.create_task(permit(gate))
        await asyncio.sleep(0)
        assert not third.done()
        gate.release()
        await third
        assert gate.in_use == 2

    on_loop(work())


def test_a_person_overtakes_jobs_and_has_a_permit_of_their_own() -> None:
    async def work() -> None:
        gate = Gate(1, Clock())
        await permit(gate)
        job = asyncio.create_task(permit(gate))
        await asyncio.sleep(0)
        await asyncio.wait_for(permit(gate, foreground=True), 0.1)
        person = asyncio.create_task(permit(gate, foreground=True))
        await asyncio.sleep(0)
        gate.release()
        await asyncio.sleep(0)
        assert (person.done(), job.done()) == (True, False)
        job.cancel()

    on_loop(work())


def test_overload_halves_once_for_calls_that_were_under_way_together() -> None:
    clock = Clock()
    gate = Gate(16, clock)
    for _ in range(5):
        gate.failed(overload(), sent_at=99.0)
    assert gate.limit == 8
    clock.now = 101.0
    gate.failed(overload(), sent_at=100.5)
    assert gate.limit == 4
    for number in range(10):
        clock.now += 1
        gate.failed(overload(), sent_at=clock.now - 0.5 + number * 0)
    assert gate.limit == 1


def test_success_brings_back_one_permit_per_window() -> None:
    clock = Clock()
    gate = Gate(4, clock)
    gate.failed(overload(), sent_at=99.0)
    assert gate.limit == 2
    gate.succeeded()
    assert gate.limit == 2
    gate.succeeded()
    assert gate.limit == 3
    for _ in range(20):
        gate.succeeded()
    assert gate.limit == 4


def test_a_retry_delay_closes_the_gate_for_everybody_and_later_ones_do_not_shorten_it() -> None:
    async def work() -> None:
        clock = Clock()
        gate = Gate(8, clock)
        gate.failed(overload(retry_after=53.0), sent_at=99.0)
        gate.failed(overload(retry_after=2.0), sent_at=99.0)
        assert gate.closed_for() == 53.0
        waiting = asyncio.create_task(permit(gate, foreground=True))
        await asyncio.sleep(0)
        assert not waiting.done()
        clock.now += 53.0
        gate.release()
        await asyncio.sleep(0)
        assert waiting.done()

    on_loop(work())


def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    async def work() -> None:
        gate = Gate(1, Clock())
        await permit(gate)
        waiting = asyncio.create_task(permit(gate))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert gate.waiting == 0
        gate.release()
        assert gate.in_use == 0

    on_loop(work())


def test_what_will_repeat_stops_jobs_until_a_call_gets_through() -> None:
    gate = Gate(4, Clock())
    trouble = Trouble("refused_by_server", Failure("auth", "no", http_status=401), "permanent")
    gate.failed(trouble, sent_at=99.0)
    assert gate.broken is trouble
    assert gate.limit == 4
    gate.succeeded()
    assert gate.broken is None


def test_half_more_than_the_permits_are_admitted_and_wait_with_their_commit_made() -> None:
    async def work() -> None:
        gate = Gate(8, Clock())
        for _ in range(12):
            await gate.admit(foreground=False)
        thirteenth = asyncio.create_task(gate.admit(foreground=False))
        for _ in range(8):
            await gate.enter(foreground=False)
        ninth = asyncio.create_task(gate.enter(foreground=False))
        await asyncio.sleep(0)
        assert (thirteenth.done(), ninth.done()) == (False, False)
        assert (gate.admitted, gate.in_use, gate.waiting) == (4, 8, 2)
        gate.release()
        await asyncio.gather(thirteenth, ninth)
        assert (gate.admitted, gate.in_use) == (4, 8)

    on_loop(work())


def test_with_one_permit_nobody_is_admitted_ahead() -> None:
    async def work() -> None:
        gate = Gate(1, Clock())
        await permit(gate)
        second = asyncio.create_task(gate.admit(foreground=False))
        await asyncio.sleep(0)
        assert not second.done()
        gate.release()
        await second
        gate.leave()
        assert (gate.admitted, gate.in_use) == (0, 0)

    on_loop(work())


@pytest.mark.parametrize("permit_came", (False, True))
def test_whoever_is_stopped_between_commit_and_wire_leaves_nothing_behind(
    permit_came: bool,
) -> None:
    async def work() -> None:
        gate = Gate(4, Clock())
        for _ in range(4):
            await permit(gate)
        await gate.admit(foreground=False)
        entering = asyncio.create_task(gate.enter(foreground=False))
        await asyncio.sleep(0)
        if permit_came:
            gate.release()
        entering.cancel()
        await asyncio.gather(entering, return_exceptions=True)
        assert (gate.admitted, gate.in_use, gate.waiting) == (0, 4 - permit_came, 0)

    on_loop(work())
