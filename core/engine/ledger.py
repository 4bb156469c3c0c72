"""What the engine needs of the store, and what an attempt cost."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from core.engine.sender import Sent
from core.lifecycle.pricing import cost
from core.records.budget import Cap
from core.records.catalogue import Price
from core.records.runs import CallContext, Reply, Request


class CallLedger(Protocol):
    """Futures are resolved after the commit (`core.store.ledger`)."""

    def reserve_and_send(
        self,
        run_id: str,
        attempt: int,
        request: Request,
        context: CallContext,
        reserved_usd: float,
        caps: tuple[Cap, ...] = (),
    ) -> Future[None]:
        """Commit that an attempt is about to be sent, or fail with OverBudget."""

    def settle_attempt(
        self, run_id: str, attempt: int, reply: Reply, cost_usd: float | None
    ) -> Future[None]:
        """Commit an attempt that will be followed by another."""

    def settle_run(
        self,
        run_id: str,
        attempt: int,
        reply: Reply,
        cost_usd: float | None,
        price: Mapping[str, Any] | None = None,
    ) -> Future[None]:
        """Commit the last attempt and the run."""


def settled_cost(sent: Sent, price: Price | None, reserved: float) -> float | None:
    """US dollars of an attempt. What may have been billed without a count keeps its reservation."""
    counted = cost(price, sent.reply.usage) if price else None
    if sent.trouble is None or sent.trouble.billed is None:
        # An answer cut short has counted only what it sent so far: the most it can be is true.
        known = counted if sent.trouble is None else None
        return known if known is not None else (reserved if price else None)
    return counted
