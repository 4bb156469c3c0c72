from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.records.runs import CallContext, Failure, Reply, Usage
from core.store.calls import (
    Call,
    Sent,
    Settled,
    context_from,
    context_json,
    event_from,
    event_json,
    storable_reply,
)
from tests.core.store.conftest import text_request

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456)
RUN = "018f0000-0000-7000-8000-000000000001"
ATTEMPT = "018f0000-0000-7000-8000-000000000002"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
replies = st.builds(
    Reply,
    outcome=st.sampled_from(["ok", "blocked", "unknown"]),
    text=texts,
    served_model=st.none() | texts,
    extras=st.dictionaries(texts, st.lists(texts, max_size=2), max_size=2),
    safety=st.lists(st.dictionaries(texts, texts, max_size=2), max_size=2).map(tuple),
    usage=st.builds(Usage, input=st.none() | st.integers(0, 10**9)),
    first_token_ms=st.none() | st.floats(0, 1e6),
    chunks=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=3).map(tuple),
    failure=st.none() | st.builds(Failure, code=texts, message=texts),
)


def sent(number: int = 1, **fields: Any) -> Sent:
    request = text_request("質問\x00")
    context = CallContext("ada", values={"名": "花"}, job_id="j")
    return Sent(
        RUN, number, ATTEMPT, NOON, NOON, 0.25, request, request.to_json(), context, **fields
    )


def test_a_sent_attempt_comes_back_from_the_journal() -> None:
    assert event_from(RUN, event_json(sent()), None) == sent()


@given(replies, st.none() | st.floats(0, 100), st.booleans())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_settled_attempt_comes_back_from_the_journal(
    reply: Reply, cost: float | None, final: bool
) -> None:
    settled = Settled(sent(), NOON, reply, cost, {"input": 1.0}, final)
    assert event_from(RUN, event_json(settled), sent()) == settled


def test_a_context_of_another_release_loses_nothing_it_needs() -> None:
    context = CallContext("ada", prompt_id=RUN, repeat=3, spec_sha256="0" * 64)
    assert context_from(context_json(context)) == context


def test_broken_output_is_replaced_in_every_corner_and_the_rest_left_alone() -> None:
    broken = Reply("ok", text="a\ud800", extras={"thoughts": ["\udfff"]}, chunks=((1, 2),))
    assert storable_reply(broken) == Reply(
        "ok", text="a\ufffd", extras={"thoughts": ["\ufffd"]}, chunks=((1, 2),)
    )
    whole = Reply("ok", text="日本語\x00")
    assert storable_reply(whole) is whole


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        pytest.param([], None, id="nothing settled"),
        pytest.param([None, None], None, id="nothing known is not zero"),
        pytest.param([None, 0.5], 0.5, id="what is known counts"),
        pytest.param([0.25, 0.5], 0.75, id="all attempts count"),
    ],
)
def test_a_run_costs_what_its_attempts_cost(costs: list[float | None], total: float | None) -> None:
    call = Call()
    for number, cost in enumerate(costs, 1):
        call.add(sent(number))
        call.add(Settled(sent(number), NOON, Reply("ok"), cost, final=number == len(costs)))
    assert call.cost_usd == total
    assert (call.end is not None) == bool(costs)


def test_ending_between_two_tries_adds_no_attempt() -> None:
    call = Call()
    call.add(sent())
    call.add(Settled(sent(), NOON, Reply("unavailable"), None))
    call.add(Settled(sent(), NOON, Reply("cancelled"), 9.0, final=True))
    assert (len(call.settled), call.cost_usd) == (1, None)
    assert call.end is not None and call.end.reply.outcome == "cancelled"
