"""The search on simulated models: what it finds, what it never does, that it can go on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bench.worlds.engines import Setting, WorldRoles, judged, local, task_of
from bench.worlds.world import KINDS, World
from core.errors import ServiceTrouble
from core.optimization import selection
from core.optimization.desk import Desk, MemoryJournal, Settled, Stopped
from core.optimization.search import Found, Search, Wish
from core.records.metrics import MetricInfo, Score
from core.records.optimizations import EventKind, StopReason


async def searched(
    world: World, setting: Setting, journal: MemoryJournal, roles: type[WorldRoles] = WorldRoles
) -> Found:
    desk = Desk(journal, max_calls=setting.calls)
    await desk.open()
    return await Search(task_of(world, setting), roles(world, desk), desk).run()


def found(world: World, setting: Setting, **more: Any) -> tuple[Found, MemoryJournal]:
    journal = MemoryJournal()
    return asyncio.run(searched(world, setting, journal, **more)), journal


# -- finding --


def test_with_something_to_gain_the_true_score_rises() -> None:
    gains = []
    for seed in range(8):
        outcome = local(World(KINDS["single rules"], seed), Setting(40, 240))
        gains.append(outcome.true - outcome.start)
    assert sum(gains) / len(gains) > 0.15
    assert min(gains) > -0.05


def test_with_nothing_to_gain_hardly_any_job_claims_to_be_better() -> None:
    better = 0
    for seed in range(40):
        world = World(KINDS["null"], seed)
        better += judged(world, local(world, Setting(30, 120)), 50).verdict == "better"
    assert better <= 4


def test_examples_are_found_where_rules_cannot_be_stated() -> None:
    gains = []
    for seed in range(6):
        outcome = local(World(KINDS["examples"], seed), Setting(40, 300, mode="demonstration"))
        gains.append(outcome.true - outcome.start)
        assert len(outcome.examples) in (0, 3)
    assert sum(gains) / len(gains) > 0.03


def test_when_both_are_searched_instructions_leave_calls_to_examples() -> None:
    setting = Setting(40, 240, mode="instruction_and_demo")
    outcome, journal = found(World(KINDS["examples"], 100), setting)
    made = [data["origin"] for kind, data in journal.told if kind == "candidate"]
    assert {"start", "reflection", "examples"} <= set(made)
    assert len(outcome.best.demonstrations) == 3
    assert len(journal.calls) <= 240


# -- stopping --


class Perfect(WorldRoles):
    async def measure(self, tried: Any, case_id: str, repeat: int) -> Any:
        return replace(await super().measure(tried, case_id, repeat), score=1.0)


def test_at_the_ceiling_it_stops_before_any_rewriting() -> None:
    outcome, journal = found(World(KINDS["null"], 1), Setting(40, 500), roles=Perfect)
    assert outcome.stop == "no_headroom"
    assert outcome.best is outcome.start
    assert len(journal.calls) == 40 + 8
    assert [kind for kind, _ in journal.told] == ["candidate", "headroom", "stop"]


class Stubborn(WorldRoles):
    async def propose(self, wish: Wish) -> str:
        await super().propose(wish)
        return "other {new}"


def test_candidates_that_change_variables_are_told_and_never_sent() -> None:
    outcome, journal = found(World(KINDS["single rules"], 1), Setting(20, 400), roles=Stubborn)
    assert outcome.stop == "no_improvement"
    assert outcome.best is outcome.start
    refused = [data for kind, data in journal.told if kind == "rejected"]
    assert refused and {one["reason"] for one in refused} == {"variables"}


@pytest.mark.parametrize("calls", [20, 33, 60, 121])
@pytest.mark.parametrize("kind", ["single rules", "noisy judge", "examples"])
def test_no_call_beyond_the_cap(calls: int, kind: str) -> None:
    mode = "instruction_and_demo" if kind == "examples" else "instruction"
    for seed in range(5):
        setting = Setting(40, calls, mode=mode)  # type: ignore[arg-type]
        outcome, journal = found(World(KINDS[kind], seed), setting)
        assert len(journal.calls) <= calls
        assert outcome.stop in ("budget_calls", "perfect", "no_improvement")


class Dear(WorldRoles):
    worst_calls = 20


def test_what_ended_the_search_is_told_though_its_best_could_not_be_confirmed() -> None:
    outcome, journal = found(World(KINDS["single rules"], 2), Setting(40, 1_000, steps=1),
                             roles=Dear)  # fmt: skip
    assert outcome.best is not outcome.start
    assert len(outcome.best.measured) < 40
    assert outcome.stop == "steps"
    assert journal.told[-1][1]["reason"] == "steps"


# -- going on --


class Killed(BaseException):
    """The process ends."""


class DyingJournal(MemoryJournal):
    """Dies at one of its writes."""

    def __init__(self, calls: Any, told: Any, at: int) -> None:
        super().__init__()
        self.calls, self.told, self.left = dict(calls), list(told), at

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed

    async def record(self, key: str, role: str, data: Mapping[str, Any]) -> None:
        self._count()
        await super().record(key, role, data)

    async def tell(self, number: int, kind: EventKind, data: Mapping[str, Any]) -> None:
        self._count()
        await super().tell(number, kind, data)


@pytest.mark.parametrize("kind", ["noisy judge", "examples"])
def test_killed_at_any_write_it_ends_as_if_undisturbed(kind: str) -> None:
    mode = "instruction_and_demo" if kind == "examples" else "instruction"
    setting = Setting(24, 120, mode=mode)  # type: ignore[arg-type]
    world = World(KINDS[kind], 3)
    undisturbed, whole = found(world, setting)
    writes = len(whole.calls) + len(whole.told)
    assert writes > 120
    for at in range(0, writes, 3):
        dying = DyingJournal({}, [], at)
        with pytest.raises(Killed):
            asyncio.run(searched(world, setting, dying))
        rest = DyingJournal(dying.calls, dying.told, 10**9)
        again = asyncio.run(searched(world, setting, rest))
        assert again.best.instruction == undisturbed.best.instruction
        assert again.stop == undisturbed.stop
        assert rest.told == whole.told
        assert rest.calls == whole.calls


# -- the desk --


async def ask(desk: Desk, name: str, *, error: str = "", calls: int = 1) -> Mapping[str, Any]:
    async def make() -> Settled:
        await asyncio.sleep(0)
        return Settled({"name": name}, calls, 0.01 * calls, error)

    return await desk.once("target", name, make)


def test_what_is_asked_twice_is_made_and_counted_once() -> None:
    async def work() -> Desk:
        desk = Desk(MemoryJournal(), max_calls=100)
        await desk.open()
        for _ in range(2):
            await desk.batch([lambda: ask(desk, "a"), lambda: ask(desk, "a")], 2)
        return desk

    desk = asyncio.run(work())
    assert (desk.calls, round(desk.cost_usd, 6)) == (1, 0.01)


def test_a_batch_that_mostly_fails_decides_nothing_and_is_asked_again() -> None:
    journal = MemoryJournal()

    async def work(error: str) -> list[Mapping[str, Any]]:
        desk = Desk(journal, max_calls=100)
        await desk.open()
        works = [
            lambda name=name: ask(desk, name, error=error if name in "abc" else "")
            for name in "abcdef"
        ]
        return await desk.batch(works, 6)

    with pytest.raises(ServiceTrouble, match="3 of 6 calls failed at once"):
        asyncio.run(work("503"))
    assert len(journal.calls) == 3
    assert [one.get("error") for one in asyncio.run(work(""))] == [None] * 6


def test_a_few_errors_are_kept_as_what_they_are() -> None:
    journal = MemoryJournal()

    async def work() -> list[Mapping[str, Any]]:
        desk = Desk(journal, max_calls=100)
        await desk.open()
        works = [
            lambda name=name: ask(desk, name, error="blocked" if name == "a" else "")
            for name in "abcdefgh"
        ]
        return await desk.batch(works, 8)

    assert [one.get("error", "") for one in asyncio.run(work())] == ["blocked"] + [""] * 7
    assert len(journal.calls) == 8


def test_the_money_that_is_kept_back_is_not_searched_away() -> None:
    async def work() -> StopReason:
        desk = Desk(MemoryJournal(), max_calls=1_000, max_usd=0.30)
        desk.kept_back_usd = 0.10
        await desk.open()
        for number in range(100):
            try:
                await desk.batch([lambda n=number: ask(desk, f"{n}")], 1)  # type: ignore[misc]
            except Stopped as stopped:
                assert 0.17 < desk.cost_usd <= 0.20 + 1e-9
                return stopped.reason
        raise AssertionError("it never stopped")

    assert asyncio.run(work()) == "budget_usd"


def test_a_stop_from_outside_is_the_same_when_the_job_is_run_again() -> None:
    journal = MemoryJournal()

    async def work(stop_at: int) -> list[str]:
        batches = 0

        async def interrupted() -> StopReason | None:
            return "user_stop" if batches == stop_at else None

        desk = Desk(journal, max_calls=100, interrupted=interrupted)
        await desk.open()
        done = []
        for name in "abcdef":
            batches += 1
            try:
                await desk.batch([lambda name=name: ask(desk, name)], 1)  # type: ignore[misc]
            except Stopped as stopped:
                return [*done, stopped.reason]
            done.append(name)
        return done

    assert asyncio.run(work(3)) == ["a", "b", "user_stop"]
    assert asyncio.run(work(-1)) == ["a", "b", "user_stop"]


# -- selection --

INFO = MetricInfo("m", "m|v1")
RATING = MetricInfo("r", "r|v1", scale="rating", low=1.0, high=5.0)
ZERO = MetricInfo("z", "z|v1", direction="zero", low=-2.0, high=2.0)
LOWER = MetricInfo("l", "l|v1", direction="lower", low=0.0, high=10.0)


@pytest.mark.parametrize(
    ("info", "value", "expected"),
    [(INFO, 0.25, 0.25), (RATING, 5.0, 1.0), (RATING, 1.0, 0.0), (ZERO, 0.0, 1.0),
     (ZERO, -2.0, 0.0), (ZERO, 1.0, 0.5), (LOWER, 0.0, 1.0), (LOWER, 10.0, 0.0)],
)  # fmt: skip
def test_a_value_becomes_a_share_whatever_is_better(
    info: MetricInfo, value: float, expected: float
) -> None:
    assert selection.utility(info, value) == expected


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        pytest.param([Score(1.0), Score(3.0)], 0.6 + 0.4 * 0.5, id="weighted"),
        pytest.param([Score(None, "error"), Score(5.0)], None, id="an error is no zero"),
        pytest.param([Score(None, "not_applicable"), Score(5.0)], 1.0, id="weight to the other"),
        pytest.param([Score(None, "not_applicable")] * 2, None, id="nothing applies"),
    ],
)
def test_metrics_are_put_together(scores: list[Score], expected: float | None) -> None:
    found = selection.composite([(INFO, 0.6, scores[0]), (RATING, 0.4, scores[1])], "weighted_sum")
    assert found == (None if expected is None else pytest.approx(expected))


def test_a_race_is_decided_on_shared_cases_that_neither_quotes() -> None:
    best = {"a": 0.0, "b": 0.0, "c": 1.0, "d": 1.0}
    other = {"a": 1.0, "b": 1.0, "c": 1.0, "e": 0.0}
    found = selection.gap(best, other, {"a"})
    assert found is not None
    assert (found.n, found.mean) == (2, 0.5)
    assert selection.gap(best, {"x": 1.0}) is None
    assert not selection.takes_over(found, 0.0)


def test_of_equal_prompts_the_longer_one_does_not_take_over() -> None:
    same = {"a": 1.0, "b": 0.0, "c": 1.0}
    found = selection.gap(same, same)
    assert not selection.takes_over(found, selection.length_penalty(3_000, 100))
    assert selection.takes_over(found, selection.length_penalty(50, 100))
