"""The ledger: every model call is in the journal before it is on the wire.

A call in flight is an event in the journal. Settling its last attempt adds another, and that one
commit is the run: its reply, usage, cost and final state. So a dead process leaves exactly the
calls that may have been paid, and the big table of runs is only ever added to.

Caps are checked in the writer, before the event is committed, against what is settled plus what
is reserved.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from datetime import date
from typing import Any

from core.errors import NotFound, StoreError
from core.records.batches import OpenCall
from core.records.budget import Cap
from core.records.runs import Attempt, CallContext, Failure, Interrupted, Reply, Request
from core.store.call_journal import CallJournal, Capped, Fold
from core.store.calls import Call, Sent, Settled, storable_reply
from core.store.database import to_aware
from core.store.handle import Handle, refuse_bad_id
from core.store.spending import Purse, job_purse, user_purse

DIED_IN_FLIGHT = Reply(
    "unknown",
    failure=Failure("process_ended", "The process ended before the answer was stored."),
)


class Ledger:
    """The engine's door. Futures are resolved after the commit."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._journal = CallJournal(handle.database)
        self._left = list(self._journal.live.values())
        self._last_sent: dict[str, Sent] = {}

    # -- writing --

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

        The future fails with OverBudget when settled plus reserved plus this exceeds a cap, and
        with InvalidInput when the request holds text that is none.
        """
        now = self._handle.now()
        before = self._last_sent.get(run_id)
        for id_ in (run_id, context.prompt_id, context.version_id):
            refuse_bad_id(id_)
        sent = Sent(
            run_id=run_id,
            attempt=attempt,
            attempt_id=self._handle.new_id(),
            created_at=before.created_at if before else now,
            sent_at=now,
            reserved_usd=reserved_usd,
            request=request,
            request_json=before.request_json if before else request.to_json(),
            context=context,
        )
        self._last_sent[run_id] = sent
        future = self._add(Capped(sent, caps))
        future.add_done_callback(lambda done: self._after_send(sent, before, done))
        return future

    def settle_attempt(
        self, run_id: str, attempt: int, reply: Reply, cost_usd: float | None
    ) -> Future[None]:
        """Commit the end of an attempt that will be followed by another."""
        return self._add(self._settled(run_id, attempt, reply, cost_usd))

    def settle_run(
        self,
        run_id: str,
        attempt: int,
        reply: Reply,
        cost_usd: float | None,
        price: Mapping[str, Any] | None = None,
    ) -> Future[None]:
        """Commit the end of the last attempt, and with it the run.

        An attempt that is settled already is not settled again: this ends a call that was given
        up while it waited for its next try, and `cost_usd` does not count.
        """
        future = self._add(self._settled(run_id, attempt, reply, cost_usd, price, final=True))
        future.add_done_callback(lambda done: self._after_end(run_id, done))
        if len(self._journal.ended) >= self._journal.fold_at:
            self._handle.writer.add(self._journal, Fold())
        return future

    def recover(self, kept: Collection[str] = ()) -> Interrupted:
        """On start: end the calls that a dead process left on their way.

        Those `kept` are still with the service, in a batch: they stay on their way.

        Those in flight become runs with outcome `unknown` that keep their reservation as cost,
        because they may have been paid. Those that waited for another try end as their last try
        did; nothing of them is open, so they are not counted.
        """
        left, self._left = self._left, []
        away = {call.sent.run_id: call.sent for call in left if call.sent is not None}
        self._last_sent |= {run_id: sent for run_id, sent in away.items() if run_id in kept}
        left = [call for call in left if call.sent is None or call.sent.run_id not in kept]
        in_flight = [call.sent for call in left if call.sent is not None]
        for future in [self._add(self._end_of_dead(call)) for call in left]:
            future.result()
        self.fold()
        return Interrupted(len(in_flight), sum(sent.reserved_usd for sent in in_flight))

    def fold(self) -> None:
        """Make every ended run visible to SQL; the history calls this before it reads.

        While the disk is full, runs that ended last stay in the journal and out of the history.
        """
        if not self._journal.ended:
            return
        try:
            self._handle.writer.add(self._journal, Fold()).result()
        except StoreError:
            # A full disk must not hide the rest of the history.
            return

    # -- reading --

    def in_flight(self) -> Sequence[Attempt]:
        """Attempts that were sent and are not settled, oldest first."""
        calls = list(self._journal.live.values())
        sent = sorted((c.sent for c in calls if c.sent is not None), key=lambda s: s.attempt_id)
        return [
            Attempt(s.attempt_id, s.run_id, s.attempt, to_aware(s.sent_at), s.reserved_usd)
            for s in sent
        ]

    def open_calls(self, run_ids: Collection[str]) -> Mapping[str, OpenCall]:
        """Those of these calls that are on their way."""
        found = {run_id: self._journal.live.get(run_id) for run_id in run_ids}
        return {
            run_id: OpenCall(call.sent.request, call.sent.reserved_usd)
            for run_id, call in found.items()
            if call is not None and call.sent is not None
        }

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """The settled attempts of a run that ended, in order."""
        self.fold()
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

    def spent(self, actor: str, day: date) -> float:
        """US dollars settled and reserved by a person on a UTC day."""
        return self._spent(user_purse(actor, day))

    def spent_by_job(self, job_id: str) -> float:
        """US dollars settled and reserved by a job."""
        return self._spent(job_purse(job_id))

    # -- how --

    def _add(self, item: Capped | Settled) -> Future[None]:
        return self._handle.writer.add(self._journal, item)

    def _spent(self, purse: Purse) -> float:
        return float(self._handle.writer.add(self._journal, purse).result())

    def _settled(
        self,
        run_id: str,
        attempt: int,
        reply: Reply,
        cost_usd: float | None,
        price: Mapping[str, Any] | None = None,
        *,
        final: bool = False,
    ) -> Settled:
        sent = self._last_sent.get(run_id)
        if sent is None or attempt < sent.attempt:
            raise NotFound("The call {id} is not in flight.", id=run_id)
        if reply.outcome == "unknown" and cost_usd is None:
            cost_usd = sent.reserved_usd
        return Settled(sent, self._handle.now(), storable_reply(reply), cost_usd, price, final)

    def _end_of_dead(self, call: Call) -> Settled:
        now = self._handle.now()
        if call.sent is not None:
            return Settled(call.sent, now, DIED_IN_FLIGHT, call.sent.reserved_usd, final=True)
        last = call.settled[-1]
        return Settled(last.sent, now, last.reply, None, last.price, final=True)

    def _after_send(self, sent: Sent, before: Sent | None, done: Future[None]) -> None:
        """A refused attempt never was: the run is where it was before."""
        if done.exception() is not None and self._last_sent.get(sent.run_id) is sent:
            if before is None:
                del self._last_sent[sent.run_id]
            else:
                self._last_sent[sent.run_id] = before

    def _after_end(self, run_id: str, done: Future[None]) -> None:
        if done.exception() is None:
            self._last_sent.pop(run_id, None)
