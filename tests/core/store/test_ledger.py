from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import wait
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.errors import InvalidInput, NotFound, OverBudget
from core.records.budget import Cap
from core.records.prompts import Parameters
from core.records.runs import CallContext, Failure, Reply, Request, RunFilter, Usage
from core.store import Store
from tests.core.store.conftest import Clock, text_request

TODAY = date(2026, 11, 24)
BUSY = Reply("rate_limited", failure=Failure("rate_limited", "Slow down.", 429, 2.0))
ADA = CallContext("ada")


def send(
    store: Store,
    *,
    attempt: int = 1,
    usd: float = 1.0,
    caps: tuple[Cap, ...] = (),
    context: CallContext = ADA,
    run_id: str = "",
    request: Request | None = None,
) -> str:
    run_id = run_id or store.new_id()
    store.ledger.reserve_and_send(
        run_id, attempt, request or text_request(), context, usd, caps
    ).result()
    return run_id


def day_cap(limit: float, actor: str = "ada") -> tuple[Cap, ...]:
    return (Cap("user_day", actor, limit),)


def test_a_call_is_in_flight_between_sending_and_settling(store: Store) -> None:
    run_id = send(store, usd=0.5)
    (attempt,) = store.ledger.in_flight()
    assert (attempt.run_id, attempt.number, attempt.reserved_usd) == (run_id, 1, 0.5)
    assert store.runs.page(RunFilter()).items == ()
    store.ledger.settle_run(run_id, 1, Reply("ok"), 0.1).result()
    assert list(store.ledger.in_flight()) == []
    assert store.runs.get(run_id).cost_usd == 0.1


def test_a_run_comes_back_as_it_was_settled(store: Store) -> None:
    request = text_request("こんにちは", system="短く", parameters=Parameters(temperature=0.5))
    context = CallContext("ada", values={"名前": "花"}, group_id="g", repeat=2)
    reply = Reply(
        "truncated",
        text="はい",
        served_model="sandbox-flash-2-001",
        finish_reason="MAX_TOKENS",
        extras={"thoughts": "hm", "sources": [{"title": "t", "uri": "u"}]},
        safety=({"category": "X", "blocked": False},),
        usage=Usage(1, 2, 3, 4, 5),
        first_token_ms=12.5,
        total_ms=99.0,
        chunks=((10, 1), (20, 1)),
        failure=Failure("cut", "The stream broke.", 500, 1.5),
    )
    run_id = send(store, request=request, context=context)
    store.ledger.settle_run(run_id, 1, reply, 0.25, {"input": 1.0, "source": "s"}).result()
    run = store.runs.get(run_id)
    assert (run.request, run.context, run.reply) == (request, context, reply)
    assert (run.cost_usd, run.price, run.attempts) == (0.25, {"input": 1.0, "source": "s"}, 1)
    assert run.created_at == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_a_retried_run_keeps_its_attempts_and_adds_up_their_cost(
    store: Store, clock: Clock
) -> None:
    run_id = send(store, usd=1.0)
    store.ledger.settle_attempt(run_id, 1, BUSY, 0.25).result()
    clock.forward(seconds=5)
    send(store, run_id=run_id, attempt=2, usd=1.0)
    store.ledger.settle_run(run_id, 2, Reply("ok", text="done"), 0.5).result()
    run = store.runs.get(run_id)
    assert (run.attempts, run.cost_usd, run.reply.text) == (2, 0.75, "done")
    assert run.created_at == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    attempts = store.ledger.attempts(run_id)
    assert [(a.number, a.outcome, a.cost_usd) for a in attempts] == [
        (1, "rate_limited", 0.25),
        (2, "ok", 0.5),
    ]
    assert attempts[0].failure == BUSY.failure
    assert store.ledger.spent("ada", TODAY) == pytest.approx(0.75)


def test_a_call_given_up_between_two_tries_ends_without_another_attempt(store: Store) -> None:
    run_id = send(store, usd=1.0)
    store.ledger.settle_attempt(run_id, 1, BUSY, None).result()
    store.ledger.settle_run(run_id, 1, Reply("cancelled"), None).result()
    assert store.runs.get(run_id).reply.outcome == "cancelled"
    assert len(store.ledger.attempts(run_id)) == 1
    assert store.ledger.spent("ada", TODAY) == 0


# -- caps --


@pytest.mark.parametrize(
    ("limit", "calls", "fits"),
    [
        pytest.param(3.0, 3, True, id="exactly full"),
        pytest.param(0.3, 3, True, id="binary rounding does not refuse the last cent"),
        pytest.param(2.999, 3, False, id="one thousandth short"),
        pytest.param(0.0, 1, False, id="a cap of nothing"),
    ],
)
def test_reservations_fill_a_cap(store: Store, limit: float, calls: int, fits: bool) -> None:
    each = limit / 3 if fits else 1.0
    for _ in range(calls - 1):
        send(store, usd=each, caps=day_cap(limit))
    if fits:
        send(store, usd=each, caps=day_cap(limit))
    else:
        with pytest.raises(OverBudget):
            send(store, usd=each, caps=day_cap(limit))


def test_what_is_settled_below_its_reservation_is_free_again(store: Store) -> None:
    run_id = send(store, usd=1.0, caps=day_cap(1.0))
    with pytest.raises(OverBudget):
        send(store, usd=1.0, caps=day_cap(1.0))
    store.ledger.settle_run(run_id, 1, Reply("ok"), 0.25).result()
    send(store, usd=0.75, caps=day_cap(1.0))
    assert store.ledger.spent("ada", TODAY) == pytest.approx(1.0)


def test_a_refused_call_leaves_no_trace(store: Store) -> None:
    run_id = store.new_id()
    with pytest.raises(OverBudget):
        send(store, run_id=run_id, usd=2.0, caps=day_cap(1.0))
    assert list(store.ledger.in_flight()) == []
    assert store.ledger.spent("ada", TODAY) == 0
    with pytest.raises(NotFound):
        store.ledger.settle_run(run_id, 1, Reply("ok"), 0.0).result()
    with pytest.raises(NotFound):
        store.runs.get(run_id)


def test_a_retry_over_the_cap_ends_the_run_where_it_was(store: Store) -> None:
    run_id = send(store, usd=1.0, caps=day_cap(1.5))
    store.ledger.settle_attempt(run_id, 1, BUSY, 1.0).result()
    with pytest.raises(OverBudget):
        send(store, run_id=run_id, attempt=2, usd=1.0, caps=day_cap(1.5))
    store.ledger.settle_run(run_id, 2, BUSY, None).result()
    assert (store.runs.get(run_id).attempts, store.runs.get(run_id).cost_usd) == (1, 1.0)


def test_caps_are_per_person_day_and_job(store: Store, clock: Clock) -> None:
    job = CallContext("ada", job_id="job-1")
    send(store, usd=1.0, context=job, caps=(*day_cap(1.0), Cap("job", "job-1", 1.5)))
    send(store, usd=1.0, context=CallContext("bob"), caps=day_cap(1.0, "bob"))
    clock.forward(days=1)
    send(store, usd=1.0, caps=day_cap(1.0))
    with pytest.raises(OverBudget) as refused:
        send(store, usd=1.0, context=job, caps=(Cap("job", "job-1", 1.5),))
    assert "job-1" in str(refused.value)
    assert store.ledger.spent_by_job("job-1") == pytest.approx(1.0)
    assert store.ledger.spent("ada", TODAY) == pytest.approx(1.0)


def test_many_at_once_never_exceed_a_cap(store: Store) -> None:
    futures = [
        store.ledger.reserve_and_send(store.new_id(), 1, text_request(), ADA, 0.1, day_cap(2.0))
        for _ in range(100)
    ]
    wait(futures)
    refused = [f for f in futures if isinstance(f.exception(), OverBudget)]
    assert len(futures) - len(refused) == 20
    assert store.ledger.spent("ada", TODAY) == pytest.approx(2.0)


def test_an_unknown_outcome_keeps_its_reservation(store: Store) -> None:
    run_id = send(store, usd=0.7)
    store.ledger.settle_run(run_id, 1, Reply("unknown"), None).result()
    assert store.runs.get(run_id).cost_usd == 0.7
    assert store.ledger.spent("ada", TODAY) == pytest.approx(0.7)


def test_spending_survives_closing_the_file(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "a.duckdb"
    first = Store.open(path, now=clock)
    run_id = send(first, usd=1.0)
    first.ledger.settle_run(run_id, 1, Reply("ok"), 0.5).result()
    send(first, usd=0.25)
    first.close()
    second = Store.open(path, now=clock)
    assert second.ledger.spent("ada", TODAY) == pytest.approx(0.75)
    with pytest.raises(OverBudget):
        send(second, usd=0.5, caps=day_cap(1.0))
    second.close()


# -- order and misuse --


def test_settling_while_the_sending_is_still_queued_is_one_clean_run(store: Store) -> None:
    run_id = store.new_id()
    sending = store.ledger.reserve_and_send(run_id, 1, text_request(), ADA, 1.0)
    settling = store.ledger.settle_run(run_id, 1, Reply("cancelled"), 0.0)
    sending.result()
    settling.result()
    assert list(store.ledger.in_flight()) == []
    assert store.runs.get(run_id).reply.outcome == "cancelled"
    assert store.ledger.spent("ada", TODAY) == 0


def test_a_run_is_settled_once(store: Store) -> None:
    run_id = send(store)
    store.ledger.settle_run(run_id, 1, Reply("ok"), 0.1).result()
    with pytest.raises(NotFound):
        store.ledger.settle_run(run_id, 1, Reply("ok"), 0.1).result()
    assert store.runs.count(RunFilter()) == 1


def test_hostile_text_in_a_reply_is_stored_with_the_broken_parts_replaced(store: Store) -> None:
    run_id = send(store)
    hostile = Reply(
        "ok",
        text="a\ud800b\x00c",
        served_model="m\udfff",
        finish_reason="\ud800",
        extras={"thoughts": "\ud800"},
        usage=Usage(input=2**70, output=-(2**70)),
        failure=Failure("x", "\ud800"),
    )
    store.ledger.settle_run(run_id, 1, hostile, 0.1).result()
    run = store.runs.get(run_id)
    assert run.reply.text == "a\ufffdb\x00c"
    assert run.reply.served_model == "m\ufffd"
    assert run.reply.usage == Usage()
    assert store.ledger.attempts(run_id)[0].failure == Failure("x", "\ufffd")


@pytest.mark.parametrize(
    ("request_", "context"),
    [
        pytest.param(text_request("half \ud800"), ADA, id="a lone surrogate in the prompt"),
        pytest.param(text_request(), CallContext("a\ud800"), id="in the person's name"),
        pytest.param(text_request(), CallContext("ada", prompt_id="no uuid"), id="a bad prompt id"),
    ],
)
def test_a_request_that_cannot_be_stored_is_refused_and_spoils_no_other(
    store: Store, request_: Request, context: CallContext
) -> None:
    neighbour, run_id = store.new_id(), store.new_id()
    good = store.ledger.reserve_and_send(neighbour, 1, text_request(), ADA, 0.1)
    with pytest.raises(InvalidInput):
        store.ledger.reserve_and_send(run_id, 1, request_, context, 0.1).result()
    good.result()
    assert [a.run_id for a in store.ledger.in_flight()] == [neighbour]
    assert store.ledger.spent("ada", TODAY) == pytest.approx(0.1)


# -- after a dead process --


def reopened(store: Store, path: Path, clock: Callable[[], datetime]) -> Store:
    """As if the process had died: nothing is folded, nothing settled."""
    store._writer.close()
    store._database._connection.close()
    return Store.open(path, now=clock)


def test_calls_of_a_dead_process_become_unknown_at_their_reservation(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "a.duckdb"
    store = Store.open(path, now=clock)
    done = send(store, usd=1.0)
    store.ledger.settle_run(done, 1, Reply("ok", text="kept"), 0.5).result()
    flying = [send(store, usd=0.25, request=text_request(f"call {n}")) for n in range(3)]
    store = reopened(store, path, clock)
    assert len(store.ledger.in_flight()) == 3
    interrupted = store.ledger.recover()
    assert (interrupted.runs, interrupted.at_most_usd) == (3, pytest.approx(0.75))
    assert store.runs.get(done).reply.text == "kept"
    for run_id in flying:
        run = store.runs.get(run_id)
        assert (run.reply.outcome, run.cost_usd) == ("unknown", 0.25)
        assert run.reply.failure is not None
    assert list(store.ledger.in_flight()) == []
    assert store.ledger.spent("ada", TODAY) == pytest.approx(1.25)
    assert store.ledger.recover().runs == 0
    store.close()


def test_a_call_that_waited_for_its_next_try_ends_as_its_last_one(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "a.duckdb"
    store = Store.open(path, now=clock)
    run_id = send(store, usd=1.0)
    store.ledger.settle_attempt(run_id, 1, BUSY, 0.125).result()
    store = reopened(store, path, clock)
    assert store.ledger.recover().runs == 0
    run = store.runs.get(run_id)
    assert (run.reply, run.cost_usd, run.attempts) == (BUSY, 0.125, 1)
    assert store.ledger.spent("ada", TODAY) == pytest.approx(0.125)
    store.close()


def test_a_call_that_is_still_with_the_service_stays_open_and_is_settled_later(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "a.duckdb"
    store = Store.open(path, now=clock)
    away, dead = send(store, usd=0.5), send(store, usd=0.25)
    store = reopened(store, path, clock)
    assert store.ledger.recover([away]).runs == 1
    assert [a.run_id for a in store.ledger.in_flight()] == [away]
    assert set(store.ledger.open_calls([away, dead])) == {away}
    assert store.ledger.open_calls([away])[away].reserved_usd == 0.5
    store.ledger.settle_run(away, 1, Reply("ok", text="late"), 0.1).result()
    assert store.ledger.open_calls([away]) == {}
    assert store.runs.get(away).reply.text == "late"
    assert store.runs.get(dead).reply.outcome == "unknown"
    assert store.ledger.spent("ada", TODAY) == pytest.approx(0.35)
    store.close()


def test_recovering_leaves_the_calls_of_this_process_alone(store: Store) -> None:
    run_id = send(store)
    assert store.ledger.recover().runs == 0
    assert [a.run_id for a in store.ledger.in_flight()] == [run_id]


def test_many_runs_move_on_from_the_journal(tmp_path: Path, clock: Clock) -> None:
    store = Store.open(tmp_path / "a.duckdb", now=clock)
    futures = []
    for _ in range(300):
        run_id = send(store, usd=0.01)
        futures.append(store.ledger.settle_run(run_id, 1, Reply("ok"), 0.001))
    wait(futures)
    assert store.runs.count(RunFilter()) == 300
    assert store._database.row("select count(*) from call_journal") == (0,)
    assert store.ledger.spent("ada", TODAY) == pytest.approx(0.3)
    store.close()
