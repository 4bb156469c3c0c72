"""The journal of calls: a narrow table that is cheap to commit, folded into the wide ones later.

A commit costs about as much for one row as for thirty, and more for every column. So an event of
a call (sent, settled) is one row of two columns, and a run moves to `runs` and `attempts` when it
has ended: some at a time, or when somebody is about to read. What the journal holds is held in
memory too; the file's copy is for the next process.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import NotFound, WorkbenchError
from core.records.budget import Cap
from core.store.calls import Call, Sent, Settled, event_from, event_json
from core.store.database import Database
from core.store.run_rows import run_row
from core.store.spending import Purse, Spending, purses_of
from core.store.writer import Cursor

FOLD_AT = 128
"""Ended runs that make a fold worth its cost."""


class Fold:
    """Asks that ended runs be moved to the wide tables."""


@dataclass(frozen=True, slots=True)
class Capped:
    """An attempt about to be sent, with the caps that it must respect."""

    sent: Sent
    caps: Sequence[Cap]


Item = Capped | Settled | Fold | Purse


class CallJournal:
    """The bulk write behind the ledger; only the writer's thread changes what it holds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.live: dict[str, Call] = {}
        self.ended: list[Call] = []
        self.fold_at = FOLD_AT
        self._spending = Spending(self._sum)
        # What the open transaction will have changed.
        self._changed: dict[str, Call] = {}
        self._folding = 0
        self._read()

    def _read(self) -> None:
        """What the last process left: runs that ended, and calls that never did."""
        for run_id, body in self._database.rows(
            "select run_id, body from call_journal order by rowid"
        ):
            call = self._change(str(run_id))
            last = call.sent or (call.settled[-1].sent if call.settled else None)
            call.add(event_from(str(run_id), body, last))
        self._keep_changes()

    # -- writing, as core.store.writer.Bulk --

    def is_one_statement(self, items: Sequence[Item]) -> bool:
        """Whether `apply` needs no transaction around it."""
        return not any(isinstance(item, Fold) for item in items)

    def apply(self, cursor: Cursor, items: Sequence[Item]) -> list[float | WorkbenchError | None]:
        """Journal what happened, in order; answer how full a purse is; fold when asked."""
        events: list[tuple[str, str]] = []
        results = [self._accept(item, events) for item in items]
        if events:
            self._database.append("call_journal", events)
        if not self.is_one_statement(items):
            self._fold(cursor)
        return results

    def settled(self, committed: bool) -> None:
        """Move the memory as the transaction went."""
        if committed:
            del self.ended[: self._folding]
            self._keep_changes()
            self._spending.keep()
            if self._folding:
                self.fold_at = FOLD_AT
        else:
            self._spending.forget()
            if self._folding:
                # On a full disk a fold fails where a line of the journal still finds room; do
                # not try with every run.
                self.fold_at = 2 * len(self.ended)
        self._changed.clear()
        self._folding = 0

    def _accept(self, item: Item, events: list[tuple[str, str]]) -> float | WorkbenchError | None:
        if isinstance(item, Fold):
            return None
        if isinstance(item, tuple):
            return self._spending.committed(item)
        refusal = self._reserve(item) if isinstance(item, Capped) else self._settle(item)
        if refusal is None:
            event = item.sent if isinstance(item, Capped) else item
            self._change(item.sent.run_id).add(event)
            events.append((item.sent.run_id, event_json(event)))
        return refusal

    def _reserve(self, item: Capped) -> WorkbenchError | None:
        refusal = self._spending.refusal(item.sent, item.caps)
        if refusal is None:
            self._spending.reserve(item.sent)
        return refusal

    def _settle(self, item: Settled) -> WorkbenchError | None:
        call = self._change(item.sent.run_id)
        if call.sent is not None:
            self._spending.settle(item)
        elif not (item.final and call.settled):
            return NotFound("The call {id} is not in flight.", id=item.sent.run_id)
        return None

    def _change(self, run_id: str) -> Call:
        """The call as the open transaction leaves it."""
        if run_id not in self._changed:
            known = self.live.get(run_id, Call())
            self._changed[run_id] = Call(list(known.settled), known.sent, known.end)
        return self._changed[run_id]

    def _keep_changes(self) -> None:
        for run_id, call in self._changed.items():
            if call.end is not None:
                self.live.pop(run_id, None)
                self.ended.append(call)
            elif call.sent is not None or call.settled:
                self.live[run_id] = call
        self._changed.clear()

    def _fold(self, cursor: Cursor) -> None:
        """Move ended runs from the journal to `attempts` and `runs`."""
        ends = [(call, call.end) for call in self.ended if call.end is not None]
        self._folding = len(ends)
        if not ends:
            return
        cursor.execute(
            "delete from call_journal where run_id in (select unnest(cast(? as uuid[])))",
            [[end.sent.run_id for _, end in ends]],
        )
        self._database.append(
            "attempts", [_attempt_row(one) for call, _ in ends for one in call.settled]
        )
        self._database.append("runs", [_run_row(end, call.cost_usd) for call, end in ends])

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
    text = json.dumps(asdict(failure), ensure_ascii=False) if failure else None
    return (
        sent.attempt_id, sent.run_id, sent.attempt, sent.sent_at, settled.settled_at,
        sent.reserved_usd, settled.reply.outcome, settled.cost_usd, text,
        sent.context.actor, sent.context.job_id,
    )  # fmt: skip


def _run_row(end: Settled, cost_usd: float | None) -> tuple[Any, ...]:
    return run_row(
        run_id=end.sent.run_id,
        created_at=end.sent.created_at,
        request=end.sent.request,
        request_json=end.sent.request_json,
        context=end.sent.context,
        reply=end.reply,
        cost_usd=cost_usd,
        price=end.price,
        attempts=end.sent.attempt,
    )
