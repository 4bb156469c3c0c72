"""Jobs are made of units; a unit's result is kept, and what is missing is done after any stop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput, OverBudget
from core.jobs import AT_ONCE, Jobs
from core.records.jobs import Job, Unit, UnitResult
from core.store import Store
from tests.waiting import until


class Loop:
    """The engine's loop, without an engine."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def spawn(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class Count:
    """Counts to `to`; waits at a unit until it is let through."""

    at_once = AT_ONCE

    def __init__(self) -> None:
        self.runs: list[int] = []
        self.open = threading.Event()
        self.open.set()
        self.stop_at: int | None = None

    def plan(self, definition: Mapping[str, Any]) -> Sequence[Unit]:
        return [Unit(f"k{number}", number) for number in range(int(definition["to"]))]

    async def run(self, unit: Unit, job: Job) -> UnitResult:
        self.runs.append(unit.number)
        while not self.open.is_set():
            await asyncio.sleep(0.005)
        if unit.number == self.stop_at:
            raise OverBudget("The cap of {cap} is reached.", cap=1)
        failed = unit.number % 10 == 7
        return UnitResult(unit.key, "failed" if failed else "ok", {"n": unit.number})


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "w.duckdb")
    yield made
    made.close()


def test_a_job_runs_its_units_and_counts_failures_apart(store: Store, loop: Loop) -> None:
    jobs = Jobs(store.jobs, loop, {"count": Count()})
    job = jobs.start("count", "to 40", {"to": 40}, actor="ada")
    assert (job.state, job.total, job.done) == ("running", 40, 0)
    until(lambda: jobs.get(job.id).state == "done")
    ended = jobs.get(job.id)
    assert (ended.done, ended.failed) == (40, 4)
    assert [result.data["n"] for result in jobs.results(job.id)] == list(range(40))
    assert [event.text for event in jobs.events(job.id)] == ["Started", "Done"]


def test_pause_lets_what_is_under_way_end_and_resume_does_only_the_rest(
    store: Store, loop: Loop
) -> None:
    count = Count()
    jobs = Jobs(store.jobs, loop, {"count": count})
    count.open.clear()
    job = jobs.start("count", "to 60", {"to": 60}, actor="ada")
    until(lambda: len(count.runs) == AT_ONCE)
    jobs.pause(job.id, actor="ada")
    jobs.resume(job.id, actor="ada")
    count.open.set()
    until(lambda: jobs.get(job.id).state == "done")
    assert sorted(count.runs) == list(range(60))


def test_cancel_stops_at_once_and_keeps_results(store: Store, loop: Loop) -> None:
    count = Count()
    jobs = Jobs(store.jobs, loop, {"count": count})
    count.open.clear()
    job = jobs.start("count", "to 60", {"to": 60}, actor="ada")
    until(lambda: len(count.runs) == AT_ONCE)
    jobs.cancel(job.id, actor="ada")
    time.sleep(0.1)
    assert jobs.get(job.id).state == "cancelled"
    assert len(count.runs) == AT_ONCE
    assert jobs.get(job.id).done == 0


def test_cancelled_while_the_units_of_a_pause_still_end_it_can_be_gone_on_with(
    store: Store, loop: Loop
) -> None:
    count = Count()
    jobs = Jobs(store.jobs, loop, {"count": count})
    count.open.clear()
    job = jobs.start("count", "to 60", {"to": 60}, actor="ada")
    until(lambda: len(count.runs) == AT_ONCE)
    jobs.pause(job.id, actor="ada")
    jobs.resume(job.id, actor="ada")
    jobs.cancel(job.id, actor="ada")
    until(lambda: not jobs.busy(job.id))
    # Those under way were stopped too: nothing of the pause comes back later.
    assert (jobs.get(job.id).state, jobs.get(job.id).done) == ("cancelled", 0)
    count.open.set()
    jobs.resume(job.id, actor="ada")
    until(lambda: jobs.get(job.id).state == "done")
    assert jobs.get(job.id).done == 60


def test_what_stops_the_whole_job_is_in_its_log(store: Store, loop: Loop) -> None:
    count = Count()
    count.stop_at = 3
    jobs = Jobs(store.jobs, loop, {"count": count})
    job = jobs.start("count", "to 60", {"to": 60}, actor="ada")
    until(lambda: jobs.get(job.id).state == "failed")
    last = jobs.events(job.id)[-1]
    assert (last.text, last.values) == ("The cap of {cap} is reached.", {"cap": "1"})


def test_a_job_of_a_dead_process_goes_on_where_it_stopped(tmp_path: Path, loop: Loop) -> None:
    path = tmp_path / "w.duckdb"
    store = Store.open(path)
    count = Count()
    first = Jobs(store.jobs, loop, {"count": count})
    count.stop_at = None
    job = first.start("count", "to 30", {"to": 30}, actor="ada")
    until(lambda: first.get(job.id).state == "done")
    # As a process that died leaves it: state running, some results missing.
    store.jobs.set_state(job.id, "running", "", "ada")
    store._handle.execute("delete from job_results where key in ('k3', 'k9')", [])
    store.close()

    store = Store.open(path)
    again = Count()
    second = Jobs(store.jobs, loop, {"count": again})
    assert [one.id for one in second.resume_interrupted(actor="ada")] == [job.id]
    until(lambda: second.get(job.id).state == "done")
    assert sorted(again.runs) == [3, 9]
    assert second.get(job.id).done == 30
    store.close()


def test_the_first_result_of_a_unit_stays(store: Store, loop: Loop) -> None:
    job = store.jobs.create("count", "t", {}, [Unit("k", 0)], "ada")
    store.jobs.record(job.id, UnitResult("k", "ok", {"n": 1})).result()
    store.jobs.record(job.id, UnitResult("k", "failed", {"n": 2})).result()
    assert [result.data for result in store.jobs.results(job.id)] == [{"n": 1}]


def test_an_unknown_kind_is_refused(store: Store, loop: Loop) -> None:
    with pytest.raises(InvalidInput, match="count"):
        Jobs(store.jobs, loop, {"count": Count()}).start("dance", "t", {}, actor="ada")


class Columns(Count):
    """Two columns of 40; those of the first wait until they are let through."""

    def plan(self, definition: Mapping[str, Any]) -> Sequence[Unit]:
        return [Unit(f"k{n}", n, {"lane": "first" if n % 2 else "second"}) for n in range(80)]

    async def run(self, unit: Unit, job: Job) -> UnitResult:
        if unit.payload["lane"] == "second":
            self.runs.append(unit.number)
            return UnitResult(unit.key, "ok", {})
        return await super().run(unit, job)


def test_a_lane_that_hangs_takes_no_more_than_its_share_while_others_have_work(
    store: Store, loop: Loop
) -> None:
    handler = Columns()
    handler.open.clear()
    jobs = Jobs(store.jobs, loop, {"columns": handler})
    job = jobs.start("columns", "two", {}, actor="ada")
    until(lambda: jobs.get(job.id).done == 40)
    assert sorted(number for number in handler.runs if number % 2 == 0) == list(range(0, 80, 2))
    assert not jobs.wait(job.id, 0.01)
    handler.open.set()
    assert jobs.wait(job.id, 10)
    assert (jobs.get(job.id).state, sorted(handler.runs)) == ("done", list(range(80)))


def test_waiting_for_a_job_that_nobody_works_on_ends_at_once(store: Store, loop: Loop) -> None:
    assert Jobs(store.jobs, loop, {}).wait("no job", 10)


@pytest.mark.parametrize("by", ["resume", "take_up"])
def test_one_that_a_dead_process_left_running_is_gone_on_with_once(
    store: Store, loop: Loop, by: str
) -> None:
    left = store.jobs.create("count", "to 3", {"to": 3}, Count().plan({"to": 3}), "ada")
    handler = Count()
    jobs = Jobs(store.jobs, loop, {"count": handler})
    handler.open.clear()
    for _ in range(2):
        if by == "resume":
            jobs.resume(left.id, actor="ada")
        else:
            found = jobs.take_up("count", {"to": 3}, actor="ada")
            assert found is not None and found.id == left.id
    handler.open.set()
    until(lambda: jobs.get(left.id).state == "done")
    assert sorted(handler.runs) == [0, 1, 2]
    assert jobs.take_up("count", {"to": 3}, actor="ada") is None


def test_one_of_another_kind_or_definition_is_not_taken_up(store: Store, loop: Loop) -> None:
    store.jobs.create("count", "to 3", {"to": 3}, Count().plan({"to": 3}), "ada")
    jobs = Jobs(store.jobs, loop, {"count": Count()})
    assert jobs.take_up("count", {"to": 4}, actor="ada") is None
    assert jobs.take_up("other", {"to": 3}, actor="ada") is None
