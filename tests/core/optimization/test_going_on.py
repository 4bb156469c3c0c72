"""A whole job killed at any call: it ends as an undisturbed one and pays little twice.

Simulated models, so that every index can be tried; `tests/faults` kills real processes.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pytest

from bench.worlds.engines import Setting, WorldRoles, task_of
from bench.worlds.world import KINDS, World
from core.errors import ServiceTrouble, StoreError
from core.optimization.candidates import Measured, Tried
from core.optimization.desk import AT_ONCE, Desk, MemoryJournal, Settled
from core.optimization.run import final_look
from core.optimization.search import Search, Wish
from core.records.datasets import Case
from core.records.optimizations import EventKind, StopReason

Point = Literal["sent", "settled"]
WORLD = World(KINDS["noisy judge"], 3)
SETTING = Setting(24, 300, steps=12)
TESTED = [Case(one, {}) for one in WORLD.cases(20, "test")]


@dataclass
class Wire:
    """What was really asked, over all the lives of a job. Dies after so many of one kind."""

    point: Point = "sent"
    left: int = 10**9
    dead: bool = False
    sent: Counter[str] = field(default_factory=Counter)
    flying: int = 0
    in_flight: int = 0

    def count(self, point: Point) -> None:
        if point == self.point:
            self.left -= 1
        if self.left < 0 and not self.dead:
            self.dead = True
            self.in_flight = self.flying
        if self.dead:
            # The loop lets this one through at once, like the end of the process.
            raise KeyboardInterrupt

    async def ask(self, name: str, data: Mapping[str, Any], chance: random.Random) -> Settled:
        self.count("sent")
        self.sent[name] += 1
        self.flying += 1
        for _ in range(chance.randrange(1, 6)):
            await asyncio.sleep(0)
        return Settled(data)


class WiredJournal(MemoryJournal):
    """A call is on its way until it is recorded."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire

    async def record(self, key: str, role: str, data: Mapping[str, Any]) -> None:
        self.wire.count("settled")
        self.wire.flying -= 1
        await super().record(key, role, data)

    async def tell(self, number: int, kind: EventKind, data: Mapping[str, Any]) -> None:
        if self.wire.dead:
            raise KeyboardInterrupt
        await super().tell(number, kind, data)


class WiredRoles(WorldRoles):
    """Simulated models whose answers take their time, another time in each life."""

    def __init__(self, desk: Desk, wire: Wire, chance: random.Random) -> None:
        super().__init__(WORLD, desk)
        self._wire, self._chance = wire, chance

    async def measure(self, tried: Tried, case_id: str, repeat: int) -> Measured:
        score, words = WORLD.judged(tried.instruction, case_id, repeat)
        asked = f"{tried.instruction}|{case_id}|{repeat}"
        answer = {"score": score, "words": words}
        data = await self._desk.once(
            "target", asked, lambda: self._wire.ask(asked, answer, self._chance)
        )
        return Measured("answer", data["score"], {}, data["words"])

    async def propose(self, wish: Wish) -> str:
        failures = [(one.input, one.explanation) for one in wish.failures]
        text = WORLD.proposal(wish.instruction, failures, wish.other, wish.step, wish.place)
        asked = f"optimizer|{wish.step}|{wish.place}|{wish.instruction}"
        data = await self._desk.once(
            "optimizer", asked, lambda: self._wire.ask(asked, {"text": text}, self._chance)
        )
        return str(data["text"])


async def job(journal: WiredJournal, life: int) -> str:
    """Search, last look, verdict; as the handler does it."""
    desk = Desk(journal, max_calls=SETTING.calls)
    desk.kept_back_calls = 2 * len(TESTED)
    await desk.open()
    roles = WiredRoles(desk, journal.wire, random.Random(life))
    found = await Search(task_of(WORLD, SETTING), roles, desk).run()
    desk.kept_back_calls = 0
    verdict = await final_look(found, TESTED, roles, desk, 1, 1)  # type: ignore[arg-type]
    await desk.tell("verdict", **asdict(verdict))
    await desk.written()
    return found.best.instruction


def killed_after(point: Point, index: int, whole: WiredJournal) -> int:
    """Kill once, go on to the end; the calls that were paid twice."""
    journal = WiredJournal(Wire(point, index))
    with suppress(KeyboardInterrupt):
        asyncio.run(job(journal, 1))
    assert journal.wire.dead, f"nothing was killed at {index}"
    flying = journal.wire.in_flight
    journal.wire.left, journal.wire.dead = 10**9, False
    asyncio.run(job(journal, 2))
    assert journal.told == whole.told, f"another ledger after {index} {point}"
    assert journal.calls == whole.calls
    twice = journal.wire.sent.total() - len(journal.wire.sent)
    assert set(journal.wire.sent) == set(whole.wire.sent)
    assert max(journal.wire.sent.values()) <= 2
    assert twice <= flying <= AT_ONCE, f"{twice} paid twice, {flying} on their way, {index}"
    return twice


def undisturbed() -> WiredJournal:
    whole = WiredJournal(Wire())
    asyncio.run(job(whole, 0))
    assert whole.wire.sent.total() == len(whole.calls)
    assert 290 <= len(whole.calls) <= 300
    return whole


@pytest.mark.parametrize("point", ["sent", "settled"])
def test_killed_at_some_calls_it_ends_as_if_undisturbed(point: Point) -> None:
    whole = undisturbed()
    twice = [killed_after(point, index, whole) for index in range(0, len(whole.calls), 37)]
    # It is no proof of anything unless calls were on their way.
    assert max(twice) > AT_ONCE // 2


@pytest.mark.soak
@pytest.mark.parametrize("point", ["sent", "settled"])
def test_killed_at_every_call_it_ends_as_if_undisturbed(point: Point) -> None:
    whole = undisturbed()
    twice = [killed_after(point, index, whole) for index in range(len(whole.calls))]
    print(f"{len(twice)} kills after a call was {point}: at most {max(twice)} calls paid twice, "
          f"{sum(twice) / len(twice):.1f} on average")  # fmt: skip
    assert max(twice) > AT_ONCE // 2


# -- a service that fails half of the time --


class JudgedRoles(WorldRoles):
    """A target and a judge, each call on its own; one of them fails half of the time."""

    def __init__(self, desk: Desk, broken: str, chance: random.Random) -> None:
        super().__init__(WORLD, desk)
        self._broken, self._chance = broken, chance

    async def measure(self, tried: Tried, case_id: str, repeat: int) -> Measured:
        score, words = WORLD.judged(tried.instruction, case_id, repeat)
        asked = [tried.instruction, case_id, repeat]

        async def make(role: str) -> Settled:
            failed = role == self._broken and self._chance.random() < 0.5
            return Settled({"score": score, "words": words}, error="503" if failed else "")

        for role in ("target", "judge"):
            data = await self._desk.once(role, asked, lambda role=role: make(role))  # type: ignore[misc]
            if data.get("error"):
                return Measured("", None, error=data["error"])
        return Measured("answer", score, {}, words)


async def half_broken(journal: MemoryJournal, broken: str) -> None:
    desk = Desk(journal, max_calls=400)
    await desk.open()
    try:
        roles = JudgedRoles(desk, broken, random.Random(5))
        await Search(task_of(WORLD, SETTING), roles, desk).run()
    finally:
        await desk.close()


@pytest.mark.parametrize("broken", ["target", "judge"])
def test_while_half_of_the_calls_fail_nothing_is_decided_and_nothing_lost(broken: str) -> None:
    whole, journal = MemoryJournal(), MemoryJournal()
    asyncio.run(half_broken(whole, ""))
    with pytest.raises(ServiceTrouble, match="calls failed at once"):
        asyncio.run(half_broken(journal, broken))
    # Not one score is known yet, and no failed call is: it will be asked again.
    assert [kind for kind, _ in journal.told] == ["candidate"]
    assert journal.calls and not any(one.get("error") for one in journal.calls.values())
    asyncio.run(half_broken(journal, ""))
    assert journal.told == whole.told
    assert journal.calls == whole.calls


# -- leaving a batch --


async def measured(desk: Desk, wire: Wire, count: int) -> list[Mapping[str, Any]]:
    chance = random.Random(1)

    async def work(name: str) -> Mapping[str, Any]:
        return await desk.once("target", name, lambda: wire.ask(name, {"name": name}, chance))

    return await desk.batch([lambda n=n: work(f"{n}") for n in range(count)], count)  # type: ignore[misc]


def test_a_pause_ends_a_long_batch_without_losing_what_was_paid() -> None:
    wire = Wire()
    journal, paused = WiredJournal(wire), False

    async def interrupted() -> StopReason | None:
        nonlocal paused
        if paused:
            raise asyncio.CancelledError
        paused = True
        return None

    async def work() -> None:
        desk = Desk(journal, max_calls=500, interrupted=interrupted)
        await desk.open()
        try:
            await measured(desk, wire, 400)
        finally:
            await desk.close()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(work())
    assert AT_ONCE <= wire.sent.total() <= 2 * AT_ONCE
    assert len(journal.calls) == wire.sent.total()


def test_what_could_not_be_written_ends_the_job() -> None:
    class FullJournal(WiredJournal):
        async def record(self, key: str, role: str, data: Mapping[str, Any]) -> None:
            if len(self.calls) == 5:
                raise StoreError("The disk is full.")
            await super().record(key, role, data)

    wire = Wire()
    journal = FullJournal(wire)

    async def work() -> None:
        desk = Desk(journal, max_calls=500)
        await desk.open()
        await measured(desk, wire, 40)

    with pytest.raises(StoreError, match="full"):
        asyncio.run(work())
    assert len(journal.calls) == 5
