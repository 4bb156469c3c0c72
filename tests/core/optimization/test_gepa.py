"""gepa as an engine: the package where it is installed, else a stand-in that calls as it does."""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest

from bench.worlds.engines import Setting, WorldRoles, task_of
from bench.worlds.world import KINDS, World
from core.errors import NotConfigured
from core.optimization import gepa_engine
from core.optimization.desk import Desk, MemoryJournal
from core.optimization.search import Found, Wish


@dataclass
class EvaluationBatch:
    outputs: list[Any]
    scores: list[float]
    trajectories: list[Any] | None = None


def optimize(
    seed_candidate: dict[str, str],
    trainset: list[str],
    valset: list[str],
    *,
    adapter: Any,
    seed: int,
    max_metric_calls: int,
    reflection_minibatch_size: int,
    **_more: Any,
) -> None:
    """Its loop in short: what a mini-batch improves is run on all cases and may become the best.

    As in the package, the limit is only looked at between rounds.
    """
    chance, parts = random.Random(seed), list(seed_candidate)
    best, calls = seed_candidate, len(valset)
    mean = sum(adapter.evaluate(valset, best).scores)
    while calls < max_metric_calls:
        batch = chance.sample(trainset, reflection_minibatch_size)
        before = adapter.evaluate(batch, best, capture_traces=True)
        shown = adapter.make_reflective_dataset(best, before, parts)
        new = {**best, **adapter.propose_new_texts(best, shown, parts)}
        after = adapter.evaluate(batch, new)
        calls += 2 * len(batch)
        if sum(after.scores) > sum(before.scores):
            whole = sum(adapter.evaluate(valset, new).scores)
            calls += len(valset)
            best, mean = (new, whole) if whole > mean else (best, mean)


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("gepa") is not None:
        return
    for name, fields in {
        "gepa": {"optimize": optimize},
        "gepa.core": {},
        "gepa.core.adapter": {"EvaluationBatch": EvaluationBatch},
    }.items():
        module = ModuleType(name)
        vars(module).update(fields)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(gepa_engine, "IS_INSTALLED", True)


def searched(
    world: World, calls: int, journal: MemoryJournal, roles: type[WorldRoles] = WorldRoles
) -> Found:
    async def work() -> Found:
        desk = Desk(journal, max_calls=calls)
        await desk.open()
        return await gepa_engine.search(
            task_of(world, Setting(40, calls)), roles(world, desk), desk
        )

    return asyncio.run(work())


def test_it_finds_something_better_and_tells_it_as_our_engine_does() -> None:
    world, journal = World(KINDS["single rules"], 2), MemoryJournal()
    found = searched(world, 300, journal)
    assert world.true_score(found.best.instruction) > world.true_score(world.start) + 0.05
    assert {kind for kind, _ in journal.told} >= {"candidate", "race", "stop"}
    assert journal.told[-1][1]["best"] == found.best.number > 0


@pytest.mark.parametrize("calls", [45, 90, 151])
def test_it_keeps_to_the_cap_that_the_library_would_pass(calls: int) -> None:
    for seed in range(3):
        journal = MemoryJournal()
        found = searched(World(KINDS["single rules"], seed), calls, journal)
        assert len(journal.calls) <= calls
        assert found.stop == "budget_calls"


def test_gone_on_with_it_takes_the_same_way_and_pays_nothing_twice() -> None:
    world, journal = World(KINDS["noisy judge"], 1), MemoryJournal()
    first = searched(world, 200, journal)
    calls, told = dict(journal.calls), list(journal.told)
    again = searched(world, 200, journal)
    assert again.best.instruction == first.best.instruction
    assert (journal.calls, journal.told) == (calls, told)


class Stubborn(WorldRoles):
    async def propose(self, wish: Wish) -> str:
        await super().propose(wish)
        return "other {new}"


def test_what_the_guard_rejects_is_told_and_never_sent() -> None:
    journal = MemoryJournal()
    found = searched(World(KINDS["single rules"], 1), 150, journal, Stubborn)
    assert found.best is found.start
    refused = [data for kind, data in journal.told if kind == "rejected"]
    assert refused and {one["reason"] for one in refused} == {"variables"}


def test_without_the_package_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gepa_engine, "IS_INSTALLED", False)
    with pytest.raises(NotConfigured, match="pip install gepa"):
        searched(World(KINDS["null"], 1), 60, MemoryJournal())
