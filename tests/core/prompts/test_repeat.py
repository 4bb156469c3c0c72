"""One request several times: planned, counted against the caps, resumed after a stop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core import workbench
from core.config import Caps
from core.errors import InvalidInput, OverBudget
from core.prompts import repeat
from core.prompts.repeat import RepeatHandler, definition
from core.records.budget import Cap
from core.records.jobs import Job, UnitResult
from core.records.prompts import Parameters, Part, Turn
from core.records.runs import CallContext, Reply, Request, RunFilter
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench
from tests.waiting import until

REQUEST = Request(
    "sandbox", "sandbox-flash-2", (Turn("user", (Part("返品は何日までですか。The bag leaks. " * 4),)),),
    parameters=Parameters(temperature=0.7, max_output_tokens=100, stop_sequences=("END",)),
)  # fmt: skip
CONTEXT = CallContext(
    "ada", version_id="01920000-0000-7000-8000-000000000001", values={"name": "山田 {x}"},
    group_id="the click", spec_sha256="ab" * 32,
)  # fmt: skip


@dataclass
class Ended:
    """A call that ended."""

    run_id: str = "run-1"
    reply: Reply | None = field(default_factory=lambda: Reply("ok", text="seven days"))
    error: Exception | None = None


class Recorded:
    """Calls that are only written down."""

    def __init__(self, ended: Ended) -> None:
        self.ended = ended
        self.made: list[tuple[Request, CallContext, tuple[Cap, ...], bool]] = []

    async def generate(
        self,
        request: Request,
        context: CallContext,
        *,
        caps: tuple[Cap, ...] = (),
        stream: bool = False,
    ) -> Ended:
        self.made.append((request, context, caps, stream))
        return self.ended


def stored_job(times: int) -> Job:
    """A job as it comes back from the store: its definition was JSON."""
    kept = json.loads(json.dumps(definition(REQUEST, CONTEXT, times)))
    now = workbench.now()
    return Job("job-1", repeat.KIND, "repeat", kept, now, "ada", "running", times, 0, 0)


def run_unit(ended: Ended, number: int = 1) -> tuple[Recorded, UnitResult]:
    calls, job = Recorded(ended), stored_job(3)
    handler = RepeatHandler(calls, Caps(user_day_usd=5.0, job_usd=2.0))
    unit = handler.plan(job.definition)[number - 1]
    return calls, asyncio.run(handler.run(unit, job))


# -- planning --


@pytest.mark.parametrize("times", [2, 100])
def test_a_run_can_be_repeated_two_to_a_hundred_times(times: int) -> None:
    handler = RepeatHandler(Recorded(Ended()), Caps())
    units = handler.plan(definition(REQUEST, CONTEXT, times))
    assert [unit.number for unit in units] == list(range(1, times + 1))
    assert len({unit.key for unit in units}) == times


@pytest.mark.parametrize("times", [-1, 0, 1, 101])
def test_other_numbers_are_refused_with_the_limits(times: int) -> None:
    with pytest.raises(InvalidInput, match=f"2 to 100 times, not {times}"):
        definition(REQUEST, CONTEXT, times)


def test_keys_depend_on_the_request_and_survive_the_store() -> None:
    handler = RepeatHandler(Recorded(Ended()), Caps())
    planned = handler.plan(definition(REQUEST, CONTEXT, 3))
    assert planned == handler.plan(stored_job(3).definition)
    other = Request("sandbox", "sandbox-pro-2", REQUEST.turns)
    assert not {u.key for u in planned} & {
        u.key for u in handler.plan(definition(other, CONTEXT, 3))
    }


# -- one unit --


def test_the_same_request_is_sent_for_the_job_and_in_its_group() -> None:
    calls, result = run_unit(Ended(), number=2)
    ((request, context, caps, streamed),) = calls.made
    assert request == REQUEST
    assert (context.actor, context.version_id, context.values, context.spec_sha256) == (
        "ada", CONTEXT.version_id, CONTEXT.values, CONTEXT.spec_sha256,
    )  # fmt: skip
    assert (context.job_id, context.group_id, context.repeat) == ("job-1", "job-1", 2)
    assert set(caps) == {Cap("user_day", "ada", 5.0), Cap("job", "job-1", 2.0)}
    assert streamed
    assert (result.status, result.data) == ("ok", {"run_id": "run-1", "outcome": "ok"})


@pytest.mark.parametrize(
    ("ended", "data"),
    [
        pytest.param(
            Ended(reply=Reply("blocked")), {"run_id": "run-1", "outcome": "blocked"}, id="no answer"
        ),
        pytest.param(
            Ended(reply=None, error=OverBudget("The cap of {cap} is reached.", cap=1)),
            {"problem": "The cap of 1 is reached."},
            id="refused",
        ),
        pytest.param(Ended(reply=None), {"problem": "cancelled"}, id="stopped before it was sent"),
    ],
)
def test_what_did_not_succeed_is_a_failed_result(ended: Ended, data: dict[str, str]) -> None:
    _, result = run_unit(ended)
    assert (result.status, result.data) == ("failed", data)


# -- in the workbench --


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    process = SandboxProcess.start(SandboxSettings(latency_ms=1, chunk_rate=100, faults=True))
    yield process.base_url
    process.stop()


@pytest.fixture
def environment(environment: pytest.MonkeyPatch, sandbox: str) -> pytest.MonkeyPatch:
    environment.setenv("WORKBENCH_SANDBOX_URL", sandbox)
    return environment


def begin(bench: Workbench, times: int, request: Request = REQUEST) -> str:
    context = CallContext("ada", group_id=bench.store.new_id(), foreground=False)
    asked = definition(request, context, times)
    return bench.jobs.start(repeat.KIND, "repeat", asked, actor="ada").id


def ended_job(bench: Workbench, job_id: str) -> Job:
    until(lambda: bench.jobs.get(job_id).state != "running")
    return bench.jobs.get(job_id)


def test_every_repeat_is_a_run_of_the_job(environment: pytest.MonkeyPatch) -> None:
    bench = workbench.current()
    job = ended_job(bench, begin(bench, 5))
    assert (job.state, job.done, job.failed) == ("done", 5, 0)
    runs = bench.store.runs.of_group(job.id)
    assert [run.context.repeat for run in runs] == [1, 2, 3, 4, 5]
    assert {run.request for run in runs} == {REQUEST}
    assert [result.data["run_id"] for result in bench.jobs.results(job.id)] == [
        run.id for run in runs
    ]
    spent = sum(run.cost_usd or 0 for run in runs)
    assert bench.store.ledger.spent_by_job(job.id) == pytest.approx(spent)


def test_failed_calls_do_not_end_the_job(environment: pytest.MonkeyPatch) -> None:
    refused = Request("sandbox", "sandbox-flash-2", (Turn("user", (Part("[[fault:safety]] x"),)),))
    bench = workbench.current()
    job = ended_job(bench, begin(bench, 4, refused))
    assert (job.state, job.done, job.failed) == ("done", 4, 4)
    assert {result.data["outcome"] for result in bench.jobs.results(job.id)} == {"blocked"}


def test_the_cap_of_the_job_stops_its_calls(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "admin.toml").write_text("[caps]\njob_usd = 0.0000001\n", "utf-8")
    bench = workbench.current()
    job = ended_job(bench, begin(bench, 3))
    assert (job.state, job.failed) == ("done", 3)
    assert bench.store.runs.count(RunFilter()) == 0
    assert all("problem" in result.data for result in bench.jobs.results(job.id))


def test_a_restart_makes_only_the_calls_that_are_missing(environment: pytest.MonkeyPatch) -> None:
    bench = workbench.current()
    job_id = begin(bench, 60)
    until(lambda: bench.jobs.get(job_id).done >= 5)
    workbench.close_current()

    bench = workbench.current()
    assert bench.jobs.get(job_id).done < 60, "the stop came too late to test anything"
    job = ended_job(bench, job_id)
    assert (job.state, job.done, job.failed) == ("done", 60, 0)
    results = bench.jobs.results(job_id)
    runs = {run.id: run for run in bench.store.runs.of_group(job_id)}
    assert [runs[one.data["run_id"]].context.repeat for one in results] == list(range(1, 61))
    left = [run.reply.outcome for id_, run in runs.items() if id_ not in {
        one.data["run_id"] for one in results}]  # fmt: skip
    assert set(left) <= {"cancelled"}
    assert bench.store.ledger.in_flight() == []
