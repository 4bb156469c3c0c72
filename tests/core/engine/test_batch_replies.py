"""What a batch says of its requests, as outcomes of runs."""

from __future__ import annotations

from typing import Any

import pytest
from google.genai import types

from core.engine.batch_replies import sent_of
from core.engine.ledger import settled_cost
from core.records.catalogue import Price

PRICE = Price(input=1.0, output=2.0)


def answered(text: str, **fields: Any) -> types.InlinedResponse:
    content = types.Content(role="model", parts=[types.Part(text=text)])
    response = types.GenerateContentResponse(
        candidates=[types.Candidate(content=content, finish_reason=types.FinishReason.STOP)],
        usage_metadata=types.GenerateContentResponseUsageMetadata(
            prompt_token_count=10, candidates_token_count=5
        ),
        model_version="m-001",
    )
    return types.InlinedResponse(response=response, **fields)


def refused(code: int, **fields: Any) -> types.InlinedResponse:
    return types.InlinedResponse(error=types.JobError(code=code, message="no"), **fields)


def job(state: str, *items: types.InlinedResponse) -> types.BatchJob:
    dest = types.BatchJobDestination(inlined_responses=list(items)) if items else None
    return types.BatchJob(name="batches/b", state=types.JobState(f"JOB_STATE_{state}"), dest=dest)


def test_answers_are_matched_by_name_whatever_their_order() -> None:
    items = [answered("two", metadata={"key": "r2"}), answered("one", metadata={"key": "r1"})]
    found = sent_of(job("SUCCEEDED", *items), ["r1", "r2"], begun=True)
    assert {run_id: sent.reply.text for run_id, sent in found.items()} == {"r1": "one", "r2": "two"}
    reply = found["r1"].reply
    assert (reply.outcome, reply.served_model, reply.usage.input) == ("ok", "m-001", 10)
    assert (reply.total_ms, reply.first_token_ms) == (None, None)


def test_without_names_their_order_holds() -> None:
    found = sent_of(job("SUCCEEDED", answered("a"), answered("b")), ["r1", "r2"], begun=True)
    assert [sent.reply.text for sent in found.values()] == ["a", "b"]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(429, "rate_limited"), (8, "rate_limited"), (14, "unavailable"), (503, "unavailable"),
     (3, "refused_by_server"), (7, "refused_by_server"), (13, "unavailable")],
)  # fmt: skip
def test_an_items_error_is_named_by_its_http_status_or_rpc_code(code: int, outcome: str) -> None:
    item = refused(code, metadata={"key": "r1"})
    sent = sent_of(job("SUCCEEDED", item), ["r1"], begun=True)["r1"]
    assert sent.reply.outcome == outcome
    assert settled_cost(sent, PRICE, 9.0) is None


@pytest.mark.parametrize(
    ("state", "begun", "outcome", "cost"),
    [
        ("CANCELLED", False, "cancelled", None),
        ("CANCELLED", True, "cancelled", 9.0),
        ("EXPIRED", True, "unavailable", 9.0),
        ("FAILED", True, "unavailable", None),
        ("SUCCEEDED", True, "unavailable", None),
    ],
)
def test_what_may_have_been_billed_without_an_answer_keeps_its_reservation(
    state: str, begun: bool, outcome: str, cost: float | None
) -> None:
    sent = sent_of(job(state), ["r1"], begun=begun)["r1"]
    assert (sent.reply.outcome, settled_cost(sent, PRICE, 9.0)) == (outcome, cost)
