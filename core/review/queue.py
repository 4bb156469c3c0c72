"""The queue of one round: who gets which item next, and what holds. Pure, not thread-safe.

An item is in one pair of hands at a time; a lease that is over gives it back. Records that come
after that are kept all the same. Whatever the store says after a restart makes the same queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.records.review import Lease, Nothing, ReviewRecord, ReviewRound, Slot
from core.review.judging import is_split, points
from core.review.planning import assigned_to, is_repeated, is_swapped

REPEAT_AFTER = 8
"""Verdicts between the first time and the hidden second one."""
TIDY_EVERY = 200


@dataclass(frozen=True, slots=True)
class Counts:
    """Where the round stands. `wanted` counts verdicts; `settled` items have all they want."""

    settled: int
    verdicts: int
    wanted: int
    skipped: int


class Queue:
    """State in memory; every change is also appended to the store by whoever makes it."""

    def __init__(
        self,
        round_: ReviewRound,
        slots: Sequence[Slot],
        records: Iterable[ReviewRecord] = (),
        leases: Iterable[Lease] = (),
    ) -> None:
        self.round = round_
        self.slots = slots
        self._open = [slot.position for slot in slots if slot.wanted > 0]
        self._closed_since = 0
        self._done = [0] * len(slots)
        self._wanted = sum(slot.wanted for slot in slots)
        self._same = sum(slot.wanted == 0 for slot in slots)
        self._at: dict[int, dict[str, ReviewRecord]] = defaultdict(dict)
        self._points: list[float | None] = [None] * len(slots)
        self._unsure = {slot.position for slot in slots if slot.identical}
        self._split: set[int] = set()
        self._again: dict[str, dict[int, int]] = defaultdict(dict)
        self._mine: dict[str, dict[tuple[int, bool], ReviewRecord]] = defaultdict(dict)
        self._by_lease: dict[str, ReviewRecord] = {}
        self._leases: dict[str, Lease] = {}
        self._held: dict[int, Lease] = {}
        self._holding: dict[str, Lease] = {}
        self._adjudicated: dict[int, ReviewRecord] = {}
        self._verdicts = self._skipped = self._settled = 0
        self.changes = 0
        for lease in leases:
            self._take(lease)
        for record in records:
            self.add(record)

    # -- handing out --

    def pick(
        self, reviewer: str, now: datetime, new_id: Callable[[], str]
    ) -> tuple[Lease | Nothing, bool]:
        """The lease that the reviewer has, or a new one on the next item; whether it is new."""
        held = self._holding.get(reviewer)
        if held is not None and held.expires_at > now:
            return held, False
        again = self._due_repeat(reviewer, now)
        if again is not None:
            return self._leased(again, reviewer, now, new_id, repeat=True), True
        found, others = self._next(reviewer, now)
        if found is None:
            return Nothing("others" if others else "done"), False
        return self._leased(found, reviewer, now, new_id, repeat=False), True

    def hand_back(self, position: int, lease: Lease, now: datetime) -> Lease:
        """Lease an item again to whoever had it, as it was shown; for what is taken back.

        What the reviewer has in hand instead is free again.
        """
        instead = self._holding.pop(lease.reviewer, None)
        if instead is not None and self._held.get(instead.position) == instead:
            del self._held[instead.position]
        seconds = timedelta(seconds=self.round.settings.lease_s)
        again = Lease(lease.id, lease.round_id, position, lease.reviewer, lease.repeat,
                      lease.swapped, now, now + seconds)  # fmt: skip
        self._take(again)
        return again

    def lease(self, lease_id: str) -> Lease | None:
        """A lease that was given, also one that is over."""
        return self._leases.get(lease_id)

    def _next(self, reviewer: str, now: datetime) -> tuple[int | None, bool]:
        """The first open item that the reviewer may have; whether others hold what is left."""
        mine, others = self._mine[reviewer], False
        candidates: Iterable[int] = self._open
        if self._split:
            candidates = [*sorted(self._split), *self._open]
        for position in candidates:
            if self._done[position] >= self.slots[position].wanted or (position, False) in mine:
                continue
            if self.round.settings.assigned and not self._is_assigned(position, reviewer):
                continue
            if self._is_held(position, now, reviewer):
                others = True
                continue
            return position, False
        return None, others

    def _is_assigned(self, position: int, reviewer: str) -> bool:
        names = assigned_to(self.slots[position], self.round.settings, self.round.seed)
        return reviewer in names

    def _is_held(self, position: int, now: datetime, reviewer: str) -> bool:
        held = self._held.get(position)
        return held is not None and held.expires_at > now and held.reviewer != reviewer

    def _due_repeat(self, reviewer: str, now: datetime) -> int | None:
        done = len(self._mine[reviewer])
        for position, due in self._again[reviewer].items():
            if done >= due and not self._is_held(position, now, reviewer):
                return position
        return None

    def _leased(
        self,
        position: int,
        reviewer: str,
        now: datetime,
        new_id: Callable[[], str],
        *,
        repeat: bool,
    ) -> Lease:
        pair = self.round.settings.kind == "pair"
        swapped = pair and is_swapped(self.round.seed, reviewer, position, repeat=repeat)
        until = now + timedelta(seconds=self.round.settings.lease_s)
        lease = Lease(new_id(), self.round.id, position, reviewer, repeat, swapped, now, until)
        self._take(lease)
        return lease

    def _take(self, lease: Lease) -> None:
        self._leases[lease.id] = lease
        self._holding[lease.reviewer] = lease
        # What is taken back may be in other hands by now: that is their turn, not a collision.
        if not self._is_held(lease.position, lease.leased_at, lease.reviewer):
            self._held[lease.position] = lease

    # -- records --

    def add(self, record: ReviewRecord) -> ReviewRecord | None:
        """A record holds from now on, in the place of an older one, which is returned."""
        self.changes += 1
        self._unsure.add(record.position)
        if record.kind == "adjudication":
            before = self._adjudicated.get(record.position)
            self._adjudicated[record.position] = record
            return before
        mine = self._mine[record.reviewer]
        older = mine.pop((record.position, record.repeat), None)
        if older is not None:
            self._count(older, -1)
        mine[record.position, record.repeat] = record
        if record.lease_id is not None:
            self._by_lease[record.lease_id] = record
        self._let_go(record)
        self._count(record, +1)
        return older

    def remove(self, record: ReviewRecord) -> None:
        """A record was taken back."""
        self.changes += 1
        self._unsure.add(record.position)
        if record.kind == "adjudication":
            self._adjudicated.pop(record.position, None)
            return
        if self._mine[record.reviewer].pop((record.position, record.repeat), None) is None:
            return
        if record.lease_id is not None:
            self._by_lease.pop(record.lease_id, None)
        self._count(record, -1)

    def _let_go(self, record: ReviewRecord) -> None:
        """What was judged is in nobody's hands, under whichever lease it came."""
        place = (record.position, record.repeat)
        mine = self._holding.get(record.reviewer)
        if mine is not None and (mine.position, mine.repeat) == place:
            del self._holding[record.reviewer]
        held = self._held.get(record.position)
        if held is not None and held.reviewer == record.reviewer:
            del self._held[record.position]

    def _count(self, record: ReviewRecord, step: int) -> None:
        again = self._again[record.reviewer]
        if record.repeat:
            again.pop(record.position, None)
        elif record.kind == "skip":
            self._skipped += step
        else:
            if step > 0:
                self._at[record.position][record.reviewer] = record
            else:
                self._at[record.position].pop(record.reviewer, None)
            self._count_verdict(record.position, step)
            share, seed = self.round.settings.repeats, self.round.seed
            if step < 0:
                again.pop(record.position, None)
            elif is_repeated(seed, record.reviewer, record.position, share):
                again[record.position] = len(self._mine[record.reviewer]) + REPEAT_AFTER

    def _count_verdict(self, position: int, step: int) -> None:
        before, wanted = self._done[position], self.slots[position].wanted
        self._done[position] = before + step
        self._verdicts += step
        if step > 0 and before + 1 == wanted:
            self._settled += 1
            self._closed_since += 1
        elif step < 0 and before == wanted:
            self._settled -= 1
            if position not in self._open:
                self._open = sorted([*self._open, position])
        if self.round.settings.order == "reviewers_split":
            self._note_split(position)
        if self._closed_since >= TIDY_EVERY:
            self._closed_since = 0
            self._open = [p for p in self._open if self._done[p] < self.slots[p].wanted]

    def _note_split(self, position: int) -> None:
        waits = self._done[position] < self.slots[position].wanted
        if waits and is_split(self.of(position), self.round.settings):
            self._split.add(position)
        else:
            self._split.discard(position)

    # -- reading --

    def of(self, position: int) -> list[ReviewRecord]:
        """First verdicts on an item."""
        return list(self._at[position].values()) if position in self._at else []

    def points(self) -> Sequence[float | None]:
        """Every item as a number, by position; None for those without a verdict."""
        for position in self._unsure:
            settled = self._adjudicated.get(position)
            records = self.of(position) if settled is None else [settled]
            self._points[position] = points(self.slots[position], records, self.round.settings)
        self._unsure.clear()
        return list(self._points)

    def said(self, lease_id: str) -> ReviewRecord | None:
        """What holds of a lease."""
        return self._by_lease.get(lease_id)

    def last(self, reviewer: str) -> ReviewRecord | None:
        """The reviewer's newest record."""
        return max(self._mine[reviewer].values(), key=lambda one: one.id, default=None)

    def records(self) -> list[ReviewRecord]:
        """All that holds, oldest first, adjudications included."""
        found = [one for mine in self._mine.values() for one in mine.values()]
        return sorted([*found, *self._adjudicated.values()], key=lambda one: one.id)

    def reviewers(self) -> list[str]:
        """Who has said something."""
        return sorted(name for name, mine in self._mine.items() if mine)

    def mine(self, reviewer: str) -> Sequence[ReviewRecord]:
        """What a reviewer said."""
        return list(self._mine[reviewer].values())

    def counts(self) -> Counts:
        """Where the round stands."""
        return Counts(self._settled + self._same, self._verdicts, self._wanted, self._skipped)

    def open_to(self, reviewer: str) -> int:
        """Items that still wait for this reviewer, whoever holds them now."""
        mine, assigned = self._mine[reviewer], bool(self.round.settings.assigned)
        if assigned:
            return sum(
                self._done[p] < self.slots[p].wanted
                and (p, False) not in mine
                and self._is_assigned(p, reviewer)
                for p in self._open
            )
        waiting = len(self.slots) - self._same - self._settled
        return waiting - sum(
            self._done[p] < self.slots[p].wanted for p, repeat in mine if not repeat
        )
