"""What came of each request of a batch: its reply, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.engine.outcome import Trouble, trouble_of
from core.engine.redact import redact
from core.engine.sender import Gathered, Sent
from core.records.runs import Failure

if TYPE_CHECKING:
    from google.genai import types

KEY = "key"
"""Under which a request carries its run's id as metadata."""

ENDED = frozenset(
    f"JOB_STATE_{state}"
    for state in ("SUCCEEDED", "PARTIALLY_SUCCEEDED", "FAILED", "EXPIRED", "CANCELLED")
)
NOT_BEGUN = frozenset(("JOB_STATE_QUEUED", "JOB_STATE_PENDING"))

# An item's error has Google's RPC code, or an HTTP status.
RPC = {1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 11: 400, 12: 400, 13: 500,
       14: 503, 16: 401}  # fmt: skip

LOST = Trouble(
    "unknown",
    Failure("batch_lost", "The service no longer knows the batch; it may have been billed."),
    "permanent",
    None,
)


class ItemError(Exception):
    """The error of one request, in the form of the SDK's own."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message, self.details = RPC.get(code, code), message, None


def state_of(job: types.BatchJob) -> str:
    """The state's name."""
    return job.state.name if job.state is not None else ""


def sent_of(job: types.BatchJob, run_ids: Sequence[str], *, begun: bool) -> Mapping[str, Sent]:
    """How each run ended, in a batch that has; `begun` False: it was stopped before it began."""
    items = list((job.dest.inlined_responses or ()) if job.dest is not None else ())
    named = {(one.metadata or {}).get(KEY, ""): one for one in items}
    if not named.keys() & set(run_ids) and len(items) == len(run_ids):
        # Without names the order of the requests holds.
        named = dict(zip(run_ids, items, strict=True))
    without = _without_results(job, begun)
    return {run_id: _sent(named.get(run_id), without) for run_id in run_ids}


def failed(trouble: Trouble) -> Sent:
    """A request without an answer."""
    return Sent(replace(Gathered(0.0, _no_time).reply(trouble), total_ms=None), trouble)


def _sent(item: types.InlinedResponse | None, without: Trouble) -> Sent:
    if item is not None and item.response is not None:
        gathered = Gathered(0.0, _no_time)
        gathered.take(item.response)
        # Nobody measured how long this one took.
        reply = replace(gathered.reply(), total_ms=None, first_token_ms=None, chunks=())
        return Sent(reply, None)
    if item is not None and item.error is not None:
        words = redact(item.error.message or "The request failed.")
        return failed(trouble_of(ItemError(item.error.code or 500, words)))
    return failed(without)


def _without_results(job: types.BatchJob, begun: bool) -> Trouble:
    """Why a request of an ended batch has no result."""
    state = state_of(job)
    if state == "JOB_STATE_CANCELLED":
        failure = Failure("cancelled", "The batch was cancelled.")
        return Trouble("cancelled", failure, "permanent", None if begun else False)
    if state == "JOB_STATE_EXPIRED":
        words = "The batch was not worked on in time."
        return Trouble("unavailable", Failure("batch_expired", words), "permanent", None)
    words = redact(str((job.error.message if job.error else None) or "The batch has no result."))
    return Trouble("unavailable", Failure("batch_failed", words), "permanent", False)


def _no_time() -> float:
    return 0.0


def inlined(run_id: str, model: str, contents: Any, config: Any) -> types.InlinedRequest:
    """A request as part of a batch."""
    from google.genai import types

    return types.InlinedRequest(
        model=model, contents=contents, config=config, metadata={KEY: run_id}
    )
