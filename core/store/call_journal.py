"""The journal of calls: a narrow table that is cheap to commit, folded into the wide ones later.

A commit costs about as much for one row as for thirty, and more for every column. So an event of
a call (sent, settled) is one row of two columns, and a run moves to `runs` and `attempts` when it
has ended: some at a time, or when somebody is about to read. What the journal holds is held in
memory too; the file's copy is for the next process.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from core.errors import NotFound, WorkbenchError
from core.records.budget import Cap
from core.store.calls import Call, Sent, Settled, event_from, event_json
from core.store.database import Database, storable
from core.store.run_rows import run_row
from core.store.spending import Purse, Spending, purses_of
from core.store.writer import Cursor

FOLD_AT = 64
"""Ended runs that make a fold worth its cost."""


class Fold:
    """Asks that ended runs be moved to the wide tables."""


class Capped:
    """An attempt about to be sent, with the caps that it must respect."""

    __slots__ = ("caps", "sent")

    def __init__(self, sent: Sent, caps: Sequence[Cap]) -> None:
        self.sent = sent
        self.caps = caps


Item = Capped | Settled | Fold | Purse


class CallJournal:
    """The bulk write behind the ledger. Everything but `live` belongs to the writer's thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.live: dict[str, Call] = {}
        self.ended: list[Call] = []
        self._spending = Spending(self._sum)
        self._events: list[Sent | Settled] = []
        self._folding = 0
        self._read()

    def _read(self) -> None:
        """What the last process left: runs that ended, and calls that never did."""
        for run_id, body in self._database.rows(
            "select run_id, body from call_journal order by rowid"
        ):
            call = self.live.setdefault(str(run_id), Call())
            last = call.sent or (call.settled[-1].sent if call.settled else None)
            self._take_in(event_from(str(run_id), body, last))

    def _take_in(self, event: Sent | Settled) -> None:
        run_id = event.run_id if isinstance(event, Sent) else event.sent.run_id
        call = self.live.setdefault(run_id, Call())
        call.add(event)
        if call.end is not None:
            self.ended.append(self.live.pop(run_id))

    # -- writing, as core.store.writer.Bulk --

    def is_one_statement(self, items: Sequence[Item]) -> bool:
        """Whether `apply` needs no transaction around it."""
        return len(self.ended) < FOLD_AT and not any(isinstance(item, Fold) for item in items)

    def apply(self, cursor: Cursor, items: Sequence[Item]) -> list[float | WorkbenchError | None]:
        """Journal what happened, in order; answer how full a purse is; fold when it is time."""
        results = [self._accept(item) for item in items]
        if self._events:
            self._database.append(
                "call_journal",
                [
                    (e.run_id if isinstance(e, Sent) else e.sent.run_id, event_json(e))
                    for e in self._events
                ],
            )
        if not self.is_one_statement(items):
            self._fold(cursor)
        return results

    def settled(self, committed: bool) -> None:
        """Move the memory as the transaction went."""
        if committed:
            del self.ended[: self._folding]
            for event in self._events:
                self._take_in(event)
            self._spending.keep()
        else:
            self._spending.forget()
        self._events.clear()
        self._folding = 0

    def _accept(self, item: Item) -> float | WorkbenchError | None:
        if isinstance(item, Capped):
            refusal = self._spending.refusal(item.sent, item.caps)
            if refusal is not None:
                return refusal
            self._spending.reserve(item.sent)
            self._events.append(item.sent)
        elif isinstance(item, Settled):
            state = self._state(item.sent)
            if state == "gone" or (state == "settled" and not item.final):
                return NotFound("The call {id} is not in flight.", id=item.sent.run_id)
            if state == "sent":
                self._spending.settle(item)
            self._events.append(item)
        elif isinstance(item, tuple):
            return self._spending.committed(item)
        return None

    def _state(self, sent: Sent) -> str:
        """"sent" while the attempt is in flight, "settled" between two tries, else "gone"."""
        call = self.live.get(sent.run_id, Call())
        known = replace(call, settled=list(call.settled))
        for event in self._events:
            if (event if isinstance(event, Sent) else event.sent).run_id == sent.run_id:
                known.add(event)
        if known.end is not None or (known.sent is None and not known.settled):
            return "gone"
        return "sent" if known.sent is not None else "settled"

    def _fold(self, cursor: Cursor) -> None:
        """Move ended runs from the journal to `attempts` and `runs`."""
        calls = list(self.ended)
        self._folding = len(calls)
        if not calls:
            return
        ends = [call.end for call in calls if call.end is not None]
        cursor.execute(
            "delete from call_journal where run_id in (select unnest(cast(? as uuid[])))",
            [[end.sent.run_id for end in ends]],
        )
        self._database.append(
            "attempts", [_attempt_row(one) for call in calls for one in call.settled]
        )
        self._database.append("runs", [_run_row(call) for call in calls if call.end is not None])

    # -- sums --

    def _sum(self, purse: Purse) -> float:
        """Spent plus reserved as of the last commit: in the table, and on its way in memory."""
        kind, key, day = purse
        if kind == "job":
            where, values = "job_id = ?", [key]
        else:
            where = (
                "actor = ? and sent_at >= cast(? as date) "
                "and sent_at < cast(? as date) + interval 1 day"
            )
            values = [key, day, day]
        row = self._database.row(
            f"select coalesce(sum(cost_usd), 0) from attempts where {where}", values
        )
        total = float(row[0]) if row else 0.0
        for call in [*self.live.values(), *self.ended]:
            total += sum(s.cost_usd or 0.0 for s in call.settled if purse in purses_of(s.sent))
            if call.sent is not None and purse in purses_of(call.sent):
                total += call.sent.reserved_usd
        return total


def _attempt_row(settled: Settled) -> tuple[Any, ...]:
    sent, failure = settled.sent, settled.reply.failure
    text = storable(json.dumps(asdict(failure), ensure_ascii=False)) if failure else None
    return (
        sent.attempt_id, sent.run_id, sent.attempt, sent.sent_at, settled.settled_at,
        sent.reserved_usd, settled.reply.outcome, settled.cost_usd, text,
        sent.context.actor, sent.context.job_id,
    )  # fmt: skip


def _run_row(call: Call) -> tuple[Any, ...]:
    end = call.end
    assert end is not None
    return run_row(
        run_id=end.sent.run_id,
        created_at=end.sent.created_at,
        request=end.sent.request,
        request_json=end.sent.request_json,
        context=end.sent.context,
        reply=end.reply,
        cost_usd=call.cost_usd,
        price=end.price,
        attempts=end.sent.attempt,
    )
