"""Reviewing itself: handing out items and taking what people say. Thread-safe.

A round's queue is in memory and changed under its lock; the same change goes to the store, and
who handed in a verdict waits for the commit. So a verdict that was acknowledged is in the file,
and a process that comes after reads the same queue from it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from core.access import Person
from core.errors import InvalidInput, NotFound, StoreError
from core.records.review import (
    Handed,
    ItemDraft,
    Judgement,
    Lease,
    Nothing,
    RecordKind,
    ReviewProgress,
    ReviewRecord,
    ReviewRound,
    StopAdvice,
)
from core.review import stopping
from core.review.figures import in_order, population
from core.review.judging import check, turned
from core.review.queue import Queue

if TYPE_CHECKING:
    from core.store import Store


READ_AHEAD = 32
MOST_DRAFTS = 2_000


@dataclass(slots=True)
class Desk:
    """One round at work."""

    queue: Queue
    lock: threading.Lock = field(default_factory=threading.Lock)
    pending: dict[str, Future[None]] = field(default_factory=dict)
    advice: StopAdvice | None = None
    advised_at: int = -1
    drafts: dict[int, ItemDraft] = field(default_factory=dict)


class Desks:
    """The rounds that somebody works on; each is read when it is first needed."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._desks: dict[str, Desk] = {}
        self._lock = threading.Lock()

    def of(self, round_id: str) -> Desk:
        """The round's queue. NotFound when there is no such round."""
        desk = self._desks.get(round_id)
        if desk is not None:
            return desk
        with self._lock:
            if round_id not in self._desks:
                kept = self._store.review
                round_ = kept.get(round_id)
                if round_.state == "deleted":
                    raise NotFound("The review round {id} was deleted.", id=round_id)
                self._desks[round_id] = Desk(
                    Queue(round_, kept.slots(round_.id), kept.records(round_.id),
                          kept.leases(round_.id))
                )  # fmt: skip
            return self._desks[round_id]

    def changed(self, round_: ReviewRound) -> None:
        """The round was opened, closed or deleted."""
        if round_.state == "deleted":
            self._desks.pop(round_.id, None)
            return
        desk = self._desks.get(round_.id)
        if desk is None:
            return  # it is read from the store, as it is then, when somebody needs it
        with desk.lock:
            desk.queue.round = round_

    def records(self, round_id: str) -> Sequence[ReviewRecord]:
        """All that holds, oldest first."""
        desk = self.of(round_id)
        with desk.lock:
            return desk.queue.records()

    # -- handing out --

    def next_item(self, round_id: str, person: Person) -> Handed | Nothing:
        """What the reviewer has in hand, or the next item."""
        desk = self.of(round_id)
        with desk.lock:
            if not desk.queue.round.open:
                return Nothing("closed")
            found, fresh = desk.queue.pick(person.name, self._now(), self._store.new_id)
            if isinstance(found, Nothing):
                return found
            if fresh:
                self._store.review.lease(found)
        return self._handed(desk, found)

    def _handed(self, desk: Desk, lease: Lease, before: Judgement | None = None) -> Handed:
        draft = self._draft(desk, lease.position)
        round_ = desk.queue.round
        texts = tuple(answer.text for answer in draft.answers)
        return Handed(
            lease_id=lease.id,
            round_id=lease.round_id,
            kind=round_.settings.kind,
            scale=round_.settings.scale,
            fields=draft.fields,
            answers=texts[::-1] if lease.swapped else texts,
            reference=draft.reference if round_.settings.show_reference else None,
            expires_at=lease.expires_at,
            before=before,
        )

    # -- taking --

    def verdict(self, round_id: str, lease_id: str, judgement: Judgement, person: Person) -> None:
        """Keep what the reviewer says; committed on return."""
        desk = self.of(round_id)
        lease = self._lease(desk, lease_id, person)
        texts: Sequence[str] = ()
        if judgement.highlights:
            draft = self._draft(desk, lease.position)
            texts = [answer.text for answer in draft.answers]
            texts = texts[::-1] if lease.swapped else texts
        check(judgement, desk.queue.round.settings, texts)
        self._keep(desk, lease, "verdict", turned(judgement, lease.swapped), person)

    def skip(self, round_id: str, lease_id: str, reason: str, person: Person) -> None:
        """Leave the item to others; committed on return."""
        desk = self.of(round_id)
        lease = self._lease(desk, lease_id, person)
        self._keep(desk, lease, "skip", Judgement(comment=reason[:1000]), person)

    def _lease(self, desk: Desk, lease_id: str, person: Person) -> Lease:
        with desk.lock:
            lease = desk.queue.lease(lease_id)
        # Whose it is must not be told apart from whether it is: that would be worth guessing.
        if lease is None or lease.reviewer != person.name:
            raise NotFound("That item was not handed to you. Ask for the next one.")
        return lease

    def _keep(
        self, desk: Desk, lease: Lease, kind: RecordKind, judgement: Judgement, person: Person
    ) -> None:
        with desk.lock:
            self._refuse_closed(desk)
            said = desk.queue.said(lease.id)
            if said is not None and (said.kind, said.judgement) == (kind, judgement):
                # A double click, or a second try after a lost connection.
                future = desk.pending.get(said.id)
                if future is None:
                    return
                record, older = said, None
            else:
                now = self._now()
                record = ReviewRecord(
                    self._store.new_id(), lease.round_id, lease.position, lease.reviewer, kind,
                    judgement, lease.id, lease.repeat, lease.swapped,
                    max((now - lease.leased_at).total_seconds(), 0.0), now, person.invite_id,
                )  # fmt: skip
                older = desk.queue.add(record)
                future = desk.pending[record.id] = self._store.review.record(record)
        self._await(desk, record, older, future)

    def _await(
        self, desk: Desk, record: ReviewRecord, older: ReviewRecord | None, future: Future[None]
    ) -> None:
        """Until it is in the file; what could not be written does not hold."""
        try:
            future.result()
        except StoreError:
            with desk.lock:
                if desk.pending.pop(record.id, None) is not None:
                    desk.queue.remove(record)
                    if older is not None:
                        desk.queue.add(older)
            raise
        with desk.lock:
            desk.pending.pop(record.id, None)

    def adjudicate(
        self, round_id: str, position: int, judgement: Judgement, person: Person
    ) -> None:
        """Settle an item; `judgement` is in the order of the item."""
        desk = self.of(round_id)
        texts = [one.text for one in self._store.review.item(round_id, position).draft.answers]
        check(judgement, desk.queue.round.settings, texts)
        record = ReviewRecord(
            self._store.new_id(), round_id, position, person.name, "adjudication", judgement,
            None, False, False, None, self._now(),
        )  # fmt: skip
        with desk.lock:
            older = desk.queue.add(record)
            future = desk.pending[record.id] = self._store.review.record(record)
        self._await(desk, record, older, future)

    def undo(self, round_id: str, person: Person) -> Handed | None:
        """Take the reviewer's last record back and hand the item out again."""
        desk = self.of(round_id)
        with desk.lock:
            self._refuse_closed(desk)
            record = desk.queue.last(person.name)
            lease = desk.queue.lease(record.lease_id or "") if record else None
            if record is None or lease is None:
                return None
            desk.queue.remove(record)
            again = desk.queue.hand_back(record.position, lease, self._now())
            written = [
                self._store.review.withdraw(self._store.new_id(), record),
                self._store.review.lease(again),
            ]
        for future in written:
            future.result()
        before = turned(record.judgement, record.swapped) if record.kind == "verdict" else None
        return self._handed(desk, again, before)

    def _refuse_closed(self, desk: Desk) -> None:
        if not desk.queue.round.open:
            raise InvalidInput("The round was closed meanwhile. Nothing more is taken; thank you.")

    # -- how far --

    def progress(self, round_id: str, person: Person) -> ReviewProgress:
        """How far the round and the reviewer are."""
        desk = self.of(round_id)
        advice = self._advice(desk)
        with desk.lock:
            queue = desk.queue
            counts, mine = queue.counts(), queue.mine(person.name)
            open_to_me = queue.open_to(person.name)
        times = sorted(one.seconds for one in mine if one.seconds is not None)
        return ReviewProgress(
            items=len(queue.slots),
            settled=counts.settled,
            verdicts=counts.verdicts,
            wanted=counts.wanted,
            skipped=counts.skipped,
            mine=sum(one.kind == "verdict" and not one.repeat for one in mine),
            open_to_me=open_to_me,
            seconds=times[len(times) // 2] if times else None,
            stop=advice,
        )

    def _advice(self, desk: Desk) -> StopAdvice | None:
        """Worked out anew when enough was said since the last time."""
        queue, settings = desk.queue, desk.queue.round.settings
        enough = max(1, len(queue.slots) // 100)
        with desk.lock:
            if desk.advised_at >= 0 and abs(queue.changes - desk.advised_at) < enough:
                return desk.advice
            desk.advised_at = queue.changes
            numbers = queue.points()
        # Not under the lock: thousands of bets take a while, and others want their next item.
        total = population(queue.slots, settings)
        if total:
            desk.advice = stopping.advice(in_order(queue.slots, numbers, settings), total)
        return desk.advice

    # -- texts --

    def _draft(self, desk: Desk, position: int) -> ItemDraft:
        """The texts of an item, read with those of its neighbours: they are wanted next."""
        with desk.lock:
            found = desk.drafts.get(position)
        if found is None:
            first = position - position % READ_AHEAD
            read = self._store.review.items(desk.queue.round.id, range(first, first + READ_AHEAD))
            drafts = {item.slot.position: item.draft for item in read}
            with desk.lock:
                if len(desk.drafts) > MOST_DRAFTS:
                    desk.drafts.clear()
                desk.drafts |= drafts
            found = drafts[position]
        return found
