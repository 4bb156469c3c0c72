"""The ledger: every model call is a row here before it is on the wire.

A call in flight lies in the small table `in_flight`. Settling it removes that row and adds its
attempt and, when it is the last attempt, its run: one transaction. So a dead process leaves
exactly the calls that may have been paid, and the big table of runs is only ever added to.

Caps are checked in the transaction that adds the in-flight row, against what is settled plus what
is reserved. One process owns the file, so the sums are kept in memory and move only with commits.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from core.errors import OverBudget, WorkbenchError
from core.records.budget import Cap
from core.records.runs import (
    Attempt,
    CallContext,
    Failure,
    Interrupted,
    Reply,
    Request,
)
from core.store.database import storable, to_aware
from core.store.handle import Handle
from core.store.run_rows import RUN_COLUMNS, RunRow, run_row
from core.store.writer import Cursor

Purse = tuple[str, str]
"""What a cap is on: ("user_day", "name/2026-11-24") or ("job", id)."""


@dataclass(frozen=True, slots=True)
class _Send:
    run_id: str
    attempt: int
    attempt_id: str
    created_at: datetime
    sent_at: datetime
    reserved_usd: float
    request: Request
    request_json: str
    context: CallContext
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True, slots=True)
class _Settle:
    sent: _Send
    settled_at: datetime
    reply: Reply
    cost_usd: float | None
    price: Mapping[str, Any] | None = None
    final: bool = False


class Ledger:
    """The engine's door. Futures are resolved after the commit."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._calls = _Calls(handle)
        self._sent: dict[str, _Send] = {}

    def reserve_and_send(
        self,
        run_id: str,
        attempt: int,
        request: Request,
        context: CallContext,
        reserved_usd: float,
        caps: tuple[Cap, ...] = (),
    ) -> Future[None]:
        """Commit that this attempt is about to be sent, unless a cap forbids it.

        The future fails with OverBudget when settled plus reserved plus this exceeds a cap.
        """
        now = self._handle.now()
        first = self._sent.get(run_id)
        send = _Send(
            run_id=run_id,
            attempt=attempt,
            attempt_id=self._handle.new_id(),
            created_at=first.created_at if first else now,
            sent_at=now,
            reserved_usd=reserved_usd,
            request=request,
            request_json=first.request_json if first else request.to_json(),
            context=context,
            caps=caps,
        )
        self._sent[run_id] = send
        return self._handle.writer.add(self._calls, send)

    def settle_attempt(
        self, run_id: str, attempt: int, reply: Reply, cost_usd: float | None
    ) -> Future[None]:
        """Commit the end of an attempt that will be followed by another."""
        settle = _Settle(self._sent[run_id], self._handle.now(), reply, cost_usd)
        return self._handle.writer.add(self._calls, settle)

    def settle_run(
        self,
        run_id: str,
        attempt: int,
        reply: Reply,
        cost_usd: float | None,
        price: Mapping[str, Any] | None = None,
    ) -> Future[None]:
        """Commit the end of the last attempt, and with it the run."""
        settle = _Settle(
            self._sent.pop(run_id), self._handle.now(), reply, cost_usd, price, final=True
        )
        return self._handle.writer.add(self._calls, settle)

    def in_flight(self) -> Sequence[Attempt]:
        """Attempts that were sent and are not settled, oldest first."""
        rows = self._handle.rows(
            "select attempt_id, run_id, attempt, sent_at, reserved_usd from in_flight "
            "order by attempt_id"
        )
        return [Attempt(str(i), str(r), n, to_aware(at), usd) for i, r, n, at, usd in rows]

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """The settled attempts of a run, in order."""
        rows = self._handle.rows(
            "select id, run_id, number, sent_at, reserved_usd, settled_at, outcome, cost_usd, "
            "failure from attempts where run_id = try_cast(? as uuid) order by number",
            [run_id],
        )
        return [
            Attempt(str(i), str(r), n, to_aware(at), usd, to_aware(end), outcome, cost,
                    Failure(**json.loads(failure)) if failure else None)
            for i, r, n, at, usd, end, outcome, cost, failure in rows
        ]  # fmt: skip

    def recover(self) -> Interrupted:
        """On start: what a dead process left in flight becomes runs with outcome `unknown`.

        Each keeps its reservation as its cost, because it may have been paid.
        """
        return self._handle.write(self._recover)

    def _recover(self, cursor: Cursor) -> Interrupted:
        rows = cursor.execute(
            "select run_id, attempt, attempt_id, created_at, sent_at, reserved_usd, request, "
            "context from in_flight order by attempt_id"
        ).fetchall()
        reply = Reply(
            "unknown",
            failure=Failure("process_ended", "The process ended before the answer was stored."),
        )
        settles = [
            _Settle(
                _Send(str(run), attempt, str(id_), created_at, sent_at, usd,
                      Request.from_json(request), request, CallContext(**json.loads(context))),
                self._handle.now(), reply, usd, final=True,
            )
            for run, attempt, id_, created_at, sent_at, usd, request, context in rows
        ]  # fmt: skip
        self._calls.write_settled(cursor, settles)
        return Interrupted(len(settles), sum(settle.sent.reserved_usd for settle in settles))

    def spent(self, actor: str, day: date) -> float:
        """US dollars settled and reserved by a person on a UTC day."""
        return self._calls.total(("user_day", f"{actor}/{day.isoformat()}"))

    def spent_by_job(self, job_id: str) -> float:
        """US dollars settled and reserved by a job."""
        return self._calls.total(("job", job_id))


class _Calls:
    """The bulk write behind the ledger: sends and settlements, many at once."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._totals: dict[Purse, float] = {}
        self._moves: dict[Purse, float] = defaultdict(float)

    def apply(
        self, cursor: Cursor, items: Sequence[_Send | _Settle]
    ) -> list[WorkbenchError | None]:
        """Settle first, so that what comes back is free for what is sent."""
        settles = [item for item in items if isinstance(item, _Settle)]
        self.write_settled(cursor, settles)
        for settle in settles:
            # The cost of an attempt that failed before it was billed is nothing.
            self._move(settle.sent, (settle.cost_usd or 0.0) - settle.sent.reserved_usd)
        results: list[WorkbenchError | None] = []
        accepted: list[_Send] = []
        for item in items:
            refusal = self._refusal(item) if isinstance(item, _Send) else None
            if isinstance(item, _Send) and refusal is None:
                self._move(item, item.reserved_usd)
                accepted.append(item)
            results.append(refusal)
        self._write_sent(cursor, accepted)
        return results

    def settled(self, committed: bool) -> None:
        """Keep the sums of a committed transaction."""
        if committed:
            for purse, moved in self._moves.items():
                if purse in self._totals:
                    self._totals[purse] += moved
        self._moves.clear()

    def total(self, purse: Purse) -> float:
        """Settled plus reserved, without what is being committed right now."""
        if purse not in self._totals:
            return self._load(purse)
        return self._totals[purse]

    def _refusal(self, send: _Send) -> OverBudget | None:
        for cap in send.caps:
            purse = _purse(cap, send.sent_at)
            if purse not in self._totals:
                # Only the writer thread comes here, so nothing moves between load and use.
                self._totals[purse] = self._load(purse)
            after = self._totals[purse] + self._moves[purse] + send.reserved_usd
            if after > cap.limit_usd:
                return OverBudget(
                    "This call could cost ${reserved}, and ${spent} of the limit of ${limit} for "
                    "{scope} is spent or reserved. Lower the output limit, or raise the cap.",
                    reserved=f"{send.reserved_usd:.4f}",
                    spent=f"{after - send.reserved_usd:.4f}",
                    limit=f"{cap.limit_usd:.2f}",
                    scope=cap.key,
                )
        return None

    def _load(self, purse: Purse) -> float:
        """The sum from the database, as of the last commit."""
        kind, key = purse
        if kind == "job":
            where, values = "job_id = ?", [key]
            pending = "context->>'job_id' = ?"
        else:
            actor, day = key.rsplit("/", 1)
            where, values = "actor = ? and cast(sent_at as date) = cast(? as date)", [actor, day]
            pending = "context->>'actor' = ? and cast(sent_at as date) = cast(? as date)"
        row = self._handle.row(
            f"""
            select coalesce((select sum(cost_usd) from attempts where {where}), 0)
                 + coalesce((select sum(reserved_usd) from in_flight where {pending}), 0)
            """,
            [*values, *values],
        )
        return float(row[0]) if row else 0.0

    def _move(self, send: _Send, usd: float) -> None:
        day = send.sent_at.date().isoformat()
        self._moves[("user_day", f"{send.context.actor}/{day}")] += usd
        if send.context.job_id is not None:
            self._moves[("job", send.context.job_id)] += usd

    def _write_sent(self, cursor: Cursor, sends: Sequence[_Send]) -> None:
        insert(
            cursor,
            "in_flight",
            ("uuid", "integer", "uuid", "timestamp", "timestamp", "double", "text", "text"),
            [
                (s.run_id, s.attempt, s.attempt_id, s.created_at, s.sent_at, s.reserved_usd,
                 s.request_json, json.dumps(asdict(s.context), ensure_ascii=False))
                for s in sends
            ],
        )  # fmt: skip

    def write_settled(self, cursor: Cursor, settles: Sequence[_Settle]) -> None:
        """Attempts and runs in, in-flight rows out."""
        if not settles:
            return
        cursor.execute(
            "delete from in_flight where attempt_id in (select unnest(cast(? as uuid[])))",
            [[settle.sent.attempt_id for settle in settles]],
        )
        insert(
            cursor,
            "attempts",
            ("uuid", "uuid", "integer", "timestamp", "timestamp", "double", "text", "double",
             "text", "text", "text"),
            [_attempt_row(settle) for settle in settles],
        )  # fmt: skip
        insert(
            cursor,
            "runs",
            tuple(kind for _, kind in RUN_COLUMNS),
            [_final_row(settle) for settle in settles if settle.final],
        )


def insert(cursor: Cursor, table: str, kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Many rows in one statement, a list parameter per column: 10 times cheaper than one by one."""
    if rows:
        columns = ", ".join(f"unnest(cast(? as {kind}[]))" for kind in kinds)
        cursor.execute(
            f"insert into {table} select {columns}", [list(c) for c in zip(*rows, strict=True)]
        )


def _purse(cap: Cap, at: datetime) -> Purse:
    if cap.kind == "job":
        return "job", cap.key
    return "user_day", f"{cap.key}/{at.date().isoformat()}"


def _attempt_row(settle: _Settle) -> tuple[Any, ...]:
    sent, reply = settle.sent, settle.reply
    failure = json.dumps(asdict(reply.failure), ensure_ascii=False) if reply.failure else None
    return (
        sent.attempt_id, sent.run_id, sent.attempt, sent.sent_at, settle.settled_at,
        sent.reserved_usd, reply.outcome, settle.cost_usd, failure and storable(failure),
        sent.context.actor, sent.context.job_id,
    )  # fmt: skip


def _final_row(settle: _Settle) -> RunRow:
    sent = settle.sent
    return run_row(
        run_id=sent.run_id,
        created_at=sent.created_at,
        request=sent.request,
        request_json=sent.request_json,
        context=sent.context,
        reply=settle.reply,
        cost_usd=settle.cost_usd,
        price=settle.price,
        attempts=sent.attempt,
    )
