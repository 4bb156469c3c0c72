"""Batches: requests that were sent together at half the price, and their answers later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.records.runs import CallContext, Reply, Request


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a batch; `key` is the asker's name for it."""

    key: str
    request: Request
    context: CallContext


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch under way: who asked, and the run behind each key.

    `name` is the service's; empty until it is known that the service took it.
    """

    id: str
    owner: str
    connection: str
    model: str
    runs: Mapping[str, str]
    sent_at: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call in the ledger that is not settled."""

    request: Request
    reserved_usd: float


@dataclass(frozen=True, slots=True)
class Answered:
    """What one request of a batch came to, committed as a run.

    With `again` it was never answered, because the batch was stopped or lost: ask once more.
    """

    key: str
    run_id: str
    reply: Reply
    cost_usd: float | None
    again: bool = False
    error: Exception | None = None
