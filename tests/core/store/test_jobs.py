from __future__ import annotations

import pytest

from core.errors import NotFound
from core.records.jobs import Unit, UnitResult
from core.store import Store
from tests.core.store.conftest import Clock

UNITS = [Unit(f"k{n}", n, {"text": f"単位 {n}"}) for n in range(3)]


def test_a_job_begins_with_its_whole_plan(store: Store) -> None:
    job = store.jobs.create("freeze", "凍結", {"a": [1]}, UNITS, "ada")
    assert (job.state, job.total, job.done, job.failed) == ("running", 3, 0, 0)
    assert job.definition == {"a": [1]}
    assert store.jobs.open_units(job.id) == UNITS
    assert store.jobs.get(job.id) == job


def test_the_first_result_of_a_unit_stays(store: Store) -> None:
    job = store.jobs.create("freeze", "t", {}, UNITS, "ada")
    store.jobs.record(job.id, UnitResult("k1", "ok", {"score": 1})).result()
    store.jobs.record(job.id, UnitResult("k1", "failed")).result()
    store.jobs.record(job.id, UnitResult("k0", "failed")).result()
    assert [unit.key for unit in store.jobs.open_units(job.id)] == ["k2"]
    assert store.jobs.results(job.id) == [
        UnitResult("k0", "failed"),
        UnitResult("k1", "ok", {"score": 1}),
    ]
    assert (store.jobs.get(job.id).done, store.jobs.get(job.id).failed) == (2, 1)


def test_the_state_is_the_newest_line_of_the_log(store: Store) -> None:
    job = store.jobs.create("freeze", "t", {}, [], "ada")
    other = store.jobs.create("freeze", "t", {}, [], "ada")
    store.jobs.set_state(job.id, "paused", "Paused", "bob")
    assert store.jobs.get(job.id).state == "paused"
    assert [one.id for one in store.jobs.running()] == [other.id]
    assert [one.id for one in store.jobs.latest()] == [other.id, job.id]
    assert [event.text for event in store.jobs.events(job.id)] == ["Started", "Paused"]


def test_an_unknown_job_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.jobs.get("no id")


def test_results_handed_in_together_keep_the_first_of_each_unit(store: Store) -> None:
    job = store.jobs.create("freeze", "t", {}, UNITS, "ada")
    waiting = [
        store.jobs.record(job.id, UnitResult(f"k{number % 3}", "ok", {"n": number}))
        for number in range(60)
    ]
    for one in waiting:
        one.result()
    assert [result.data["n"] for result in store.jobs.results(job.id)] == [0, 1, 2]
    assert store.jobs.get(job.id).done == 3


def test_equal_units_of_two_jobs_do_not_meet(store: Store) -> None:
    first, other = (store.jobs.create("freeze", "t", {}, UNITS, "ada") for _ in range(2))
    waiting = [store.jobs.record(job.id, UnitResult("k0", "ok")) for job in (first, other)]
    for one in waiting:
        one.result()
    assert [store.jobs.get(job.id).done for job in (first, other)] == [1, 1]


def test_the_pace_is_that_of_the_latest_units(store: Store, clock: Clock) -> None:
    job = store.jobs.create("freeze", "t", {}, UNITS, "ada")
    assert store.jobs.pace(job.id) == (0, 0.0)
    for number in range(3):
        store.jobs.record(job.id, UnitResult(f"k{number}", "ok")).result()
        clock.forward(seconds=10)
    assert store.jobs.pace(job.id) == (3, 20.0)
    assert store.jobs.pace(job.id, latest=2) == (2, 10.0)
