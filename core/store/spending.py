"""What is spent and reserved, per purse, in memory.

One process owns the file and one thread writes it, so the sums move with commits only: `reserve`
and `settle` count what the open transaction will add, `keep` or `forget` ends it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date

from core.errors import OverBudget
from core.records.budget import Cap
from core.store.calls import Sent, Settled

Purse = tuple[str, str, str]
"""What a cap is on: ("user_day", name, "2026-11-24") or ("job", id, "")."""

ROUNDING_USD = 1e-9
"""Sums of doubles drift; a call that fits a cap exactly must not fail on the last bit."""


def user_purse(actor: str, day: date) -> Purse:
    """The purse of a person on a UTC day."""
    return "user_day", actor, day.isoformat()


def job_purse(job_id: str) -> Purse:
    """The purse of a job."""
    return "job", job_id, ""


def purses_of(sent: Sent) -> list[Purse]:
    """Every purse that pays for an attempt; it counts on the day it was sent."""
    mine = [user_purse(sent.context.actor, sent.sent_at.date())]
    if sent.context.job_id is not None:
        mine.append(job_purse(sent.context.job_id))
    return mine


class Spending:
    """Sums per purse. Only the writer's thread may use it."""

    def __init__(self, load: Callable[[Purse], float]) -> None:
        """`load` sums a purse as of the last commit; it is asked once per purse."""
        self._load = load
        self._sums: dict[Purse, float] = {}
        self._moves: dict[Purse, float] = defaultdict(float)

    def committed(self, purse: Purse) -> float:
        """Spent plus reserved as of the last commit."""
        if purse not in self._sums:
            self._sums[purse] = self._load(purse)
        return self._sums[purse]

    def refusal(self, sent: Sent, caps: Sequence[Cap]) -> OverBudget | None:
        """Why this attempt may not be sent, if a cap would be exceeded."""
        for cap in caps:
            purse = (
                job_purse(cap.key)
                if cap.kind == "job"
                else user_purse(cap.key, sent.sent_at.date())
            )
            spent = self.committed(purse) + self._moves[purse]
            if spent + sent.reserved_usd > cap.limit_usd + ROUNDING_USD:
                return OverBudget(
                    "This call could cost ${reserved}, and ${spent} of the limit of ${limit} for "
                    "{scope} is spent or reserved. Lower the output limit, or raise the cap.",
                    reserved=f"{sent.reserved_usd:.4f}",
                    spent=f"{spent:.4f}",
                    limit=f"{cap.limit_usd:.2f}",
                    scope=cap.key,
                )
        return None

    def reserve(self, sent: Sent) -> None:
        """Count the reservation of an attempt."""
        self._move(sent, sent.reserved_usd)

    def settle(self, settled: Settled) -> None:
        """Count the cost instead of the reservation."""
        self._move(settled.sent, (settled.cost_usd or 0.0) - settled.sent.reserved_usd)

    def keep(self) -> None:
        """The transaction is committed."""
        for purse, moved in self._moves.items():
            self._sums[purse] = self.committed(purse) + moved
        self._moves.clear()

    def forget(self) -> None:
        """The transaction is rolled back."""
        self._moves.clear()

    def _move(self, sent: Sent, usd: float) -> None:
        for purse in purses_of(sent):
            # Load it before the transaction changes what there is to load.
            self.committed(purse)
            self._moves[purse] += usd
