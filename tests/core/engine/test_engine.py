"""The path of a call against the real sandbox, with faults on the wire."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from core.errors import NotConfigured, OverBudget, StoreError
from core.records.budget import Cap
from core.records.prompts import Parameters, Part, Turn
from core.records.runs import CallContext, Request, RunFilter

LONG = "hello there, how are you doing today my friend"


def test_a_streamed_call_is_kept_with_everything_that_is_known_of_it(desk: Any) -> None:
    live = desk.run(LONG, parameters=Parameters(max_output_tokens=100))
    kept = desk.store.runs.get(live.run_id)
    assert kept.reply == live.reply
    assert kept.reply.outcome == "ok"
    assert kept.reply.text == live.text
    assert kept.request.model == kept.reply.served_model == "sandbox-flash-2"
    assert kept.reply.finish_reason == "STOP"
    assert kept.reply.usage.input and kept.reply.usage.output
    assert kept.cost_usd == pytest.approx(
        (kept.reply.usage.input + 2 * kept.reply.usage.output) / 1e6
    )
    assert kept.price and kept.price["output"] == 2.0
    assert 0 < kept.reply.first_token_ms <= kept.reply.total_ms
    assert sum(length for _ms, length in kept.reply.chunks) == len(kept.reply.text)
    assert desk.store.ledger.in_flight() == []


def test_without_streaming_the_answer_is_the_same(desk: Any) -> None:
    assert desk.run(LONG).text == desk.run(LONG, stream=False).text


@pytest.mark.parametrize(
    ("fault", "outcome", "code", "attempts"),
    [
        pytest.param("rate_limit", "rate_limited", "rate_limited", 3),
        pytest.param("day_quota", "rate_limited", "daily_quota", 1),
        pytest.param("unavailable", "unavailable", "unavailable", 3),
        pytest.param("server_error", "unavailable", "server_error", 3),
        pytest.param("unauthorized", "refused_by_server", "auth", 1),
        pytest.param("forbidden", "refused_by_server", "auth", 1),
        pytest.param("not_found", "refused_by_server", "model_not_found", 1),
        pytest.param("stall after=1", "timed_out", "timed_out", 1),
        pytest.param("cut after=1", "unknown", "connection_lost", 1),
        pytest.param("bad_json after=1", "unknown", "bad_response", 1),
        pytest.param("html", "unknown", "bad_response", 3),
        pytest.param("empty", "empty", "empty", 1),
        pytest.param("no_candidates", "empty", "empty", 1),
        pytest.param("max_tokens", "truncated", None, 1),
        pytest.param("safety", "blocked", "blocked", 1),
        pytest.param("prompt_blocked", "blocked", "prompt_blocked", 1),
    ],
)
def test_every_fault_has_its_outcome_and_number_of_attempts(
    desk: Any, fault: str, outcome: str, code: str | None, attempts: int
) -> None:
    live = None

    def work() -> None:
        nonlocal live
        live = desk.run(f"[[fault:{fault}]] {LONG} {time.time_ns()}")

    sent = desk.on_the_wire(work)
    assert live is not None and live.reply is not None
    assert live.reply.outcome == outcome
    assert (live.reply.failure.code if live.reply.failure else None) == code
    assert len(sent) == attempts
    kept = desk.store.runs.get(live.run_id)
    assert (kept.reply.outcome, kept.attempts) == (outcome, attempts)
    assert desk.store.ledger.in_flight() == []


def test_a_passing_fault_ends_well(desk: Any) -> None:
    live = desk.run(f"[[fault:unavailable times=2]] {LONG} {time.time_ns()}")
    assert live.outcome == "ok"
    assert live.attempt == 3


def test_retry_info_is_honoured_and_holds_back_everybody(desk: Any) -> None:
    desk.run(LONG)  # the client is made on the first call

    def work() -> None:
        limited = desk.submit(f"[[fault:rate_limit times=1 retry=0.7]] {LONG} {time.time_ns()}")
        time.sleep(0.2)
        other = desk.submit(LONG)
        assert limited.wait(20) and other.wait(20)
        assert (limited.outcome, other.outcome) == ("ok", "ok")

    first, *later = desk.on_the_wire(work)
    assert len(later) == 2
    assert all(entry["time"] - first["time"] >= 0.7 for entry in later)


def test_a_429_halves_what_is_sent_at_once(desk: Any) -> None:
    desk.run(f"[[fault:rate_limit times=1]] {LONG} {time.time_ns()}")
    (gate,) = desk.engine.gates()
    assert gate.limit == gate.ceiling // 2


def test_a_cut_stream_keeps_what_had_come_and_its_reservation(desk: Any) -> None:
    live = desk.run(f"[[fault:cut after=2]] {LONG}", parameters=Parameters(max_output_tokens=1000))
    assert live.outcome == "unknown"
    assert live.text
    assert live.cost_usd is not None and live.cost_usd > 1000 * 2 / 1e6


def test_stopping_mid_stream_ends_the_request_and_keeps_the_text(desk: Any) -> None:
    live = desk.submit(f"[[fault:stall after=2]] {LONG}")
    seen = 0
    while not live.text:
        seen = live.wait_change(seen, 1.0)
    live.cancel()
    assert live.wait(5)
    kept = desk.store.runs.get(live.run_id)
    assert kept.reply.outcome == "cancelled"
    assert kept.reply.text == live.text != ""


def test_stopping_while_waiting_for_another_try_keeps_the_run(desk: Any) -> None:
    live = desk.submit(f"[[fault:rate_limit retry=30]] {LONG}")
    seen = 0
    while live.state != "waiting" or not live.wait_reason:
        seen = live.wait_change(seen, 1.0)
    live.cancel()
    assert live.wait(5)
    kept = desk.store.runs.get(live.run_id)
    assert kept.reply == live.reply
    assert (kept.reply.outcome, kept.attempts) == ("cancelled", 1)
    assert [one.outcome for one in desk.store.ledger.attempts(live.run_id)] == ["rate_limited"]


def test_a_second_try_that_is_refused_leaves_the_run_as_the_first_ended(desk: Any) -> None:
    # A call of a job may not go on once another call was refused for good.
    lives = [
        desk.submit(f"[[fault:unavailable]] {LONG}", foreground=False),
        desk.submit(f"[[fault:unauthorized]] {LONG}"),
    ]
    assert all(live.wait(10) for live in lives)
    kept = desk.store.runs.get(lives[0].run_id)
    assert kept.reply == lives[0].reply
    assert kept.reply.outcome == "unavailable"
    assert kept.attempts < 3


def test_stopping_between_the_row_and_the_wire_says_so(desk: Any) -> None:
    live = desk.submit(LONG)
    while not desk.store.ledger.in_flight():
        time.sleep(0)
    for _ in range(3):
        live.cancel()
    assert live.wait(5)
    assert desk.store.ledger.in_flight() == []
    kept = desk.store.runs.get(live.run_id)
    assert kept.reply == live.reply
    assert kept.reply.outcome == "cancelled"


def test_stopping_all_calls_keeps_what_came_and_takes_no_more(desk: Any) -> None:
    live = desk.submit(f"[[fault:stall after=2]] {LONG}")
    seen = 0
    while not live.text:
        seen = live.wait_change(seen, 1.0)
    for _ in range(2):
        desk.engine.stop_calls()
    assert live.wait(5)
    kept = desk.store.runs.get(live.run_id)
    assert kept.reply.outcome == "cancelled"
    assert kept.reply.text
    with pytest.raises(StoreError, match="start the workbench again"):
        desk.submit(LONG)


def test_the_served_model_is_kept_beside_the_requested_one(desk: Any) -> None:
    live = desk.run(f"[[fault:served model=sandbox-pro-9]] {LONG}")
    kept = desk.store.runs.get(live.run_id)
    assert (kept.request.model, kept.reply.served_model) == ("sandbox-flash-2", "sandbox-pro-9")


def test_a_call_over_the_cap_is_not_sent(desk: Any) -> None:
    cap = Cap("user_day", "ada", 0.0001)

    def work() -> None:
        live = desk.run(LONG, caps=(cap,))
        assert isinstance(live.error, OverBudget)
        assert live.reply is None

    assert desk.on_the_wire(work) == []
    assert desk.store.runs.count(RunFilter()) == 0


def test_the_cap_holds_with_many_calls_at_once(desk: Any) -> None:
    cap = Cap("user_day", "ada", 0.004)
    parameters = Parameters(max_output_tokens=200)
    running = [desk.submit(f"{LONG} {n}", caps=(cap,), parameters=parameters) for n in range(60)]
    assert all(live.wait(30) for live in running)
    spent = desk.store.runs.totals(RunFilter()).cost_usd
    refused = [live for live in running if isinstance(live.error, OverBudget)]
    assert refused
    assert 0 < spent <= cap.limit_usd


def test_an_unset_connection_is_refused_before_anything_is_written(desk: Any) -> None:

    request = Request("gemini", "gemini-3.8-flash", (Turn("user", (Part("hi"),)),))
    live = desk.engine.submit(request, CallContext("ada"))
    assert live.wait(5)
    assert isinstance(live.error, NotConfigured)


def test_functions_schema_search_and_thoughts_pass_through(desk: Any) -> None:
    called = desk.run(
        "look up the order AB-123",
        functions='[{"name": "get_order", "description": "look up the order", "parameters":'
        ' {"type": "object", "properties": {"order_id": {"type": "string"}}}}]',
    )
    assert called.reply.extras["function_calls"] == [
        {"name": "get_order", "args": {"order_id": "AB-123"}}
    ]
    structured = desk.run("x", response_schema='{"type": "object", "properties": {}}')
    assert structured.text == "{}"
    grounded = desk.run(LONG, google_search=True)
    assert grounded.reply.extras["sources"][0]["uri"].startswith("https://sandbox.invalid/")
    thought = desk.run(LONG, model="sandbox-pro-2", parameters=Parameters(include_thoughts=True))
    assert thought.reply.extras["thoughts"]
    assert thought.reply.usage.thinking


def test_the_httpx_0_28_backend_is_not_used(desk: Any) -> None:

    desk.run(LONG)
    assert os.environ["GOOGLE_GENAI_HTTP_CLIENT"] == "httpx2"


def test_checks_answer_in_words(desk: Any) -> None:
    check = desk.engine.check("sandbox")
    assert check.ok and "sandbox-flash-2" in [model.name for model in check.models]
    missing = desk.engine.check("gemini")
    assert (missing.ok, missing.code) == (False, "not_configured")
    assert len(desk.engine.embed("sandbox", "sandbox-embedding-1", ["a", "b"])) == 2


def test_close_settles_what_is_under_way(desk: Any) -> None:
    live = desk.submit(f"[[fault:stall after=1]] {LONG}")
    while not live.text:
        time.sleep(0.01)
    desk.engine.close()
    assert live.done
    assert desk.store.ledger.in_flight() == []
