"""Rounds of human review: items, leases, what reviewers said, invite links. Append-only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from datetime import datetime
from typing import Any

from core.errors import NotFound
from core.records.review import (
    Competitor,
    Highlight,
    Invite,
    ItemDraft,
    Judgement,
    Lease,
    ReviewAnswer,
    ReviewExample,
    ReviewItem,
    ReviewRecord,
    ReviewRound,
    RoundSettings,
    RoundSource,
    RoundState,
    RubricLine,
    Slot,
)
from core.store.appending import Appending
from core.store.database import storable, to_aware, to_naive
from core.store.handle import Handle
from core.store.writer import Cursor

_ROUNDS = """
    select r.id, r.definition, r.seed, r.items, r.created_at, r.created_by,
           coalesce(c.state, 'open'), c.changed_at
    from review_rounds r
    left join (
        select round_id, arg_max(state, id) as state, max(created_at) as changed_at
        from review_changes group by round_id
    ) c on c.round_id = r.id
"""
_SLOT = "position, case_id, wanted, random, identical, competitors"
_HOLDING = """
    with newest as (
        select *, row_number() over (
            partition by position, kind = 'adjudication',
                         case when kind = 'adjudication' then '' else reviewer end, repeat
            order by id desc
        ) as age
        from review_records where round_id = try_cast(? as uuid)
    )
    select cast(id as text), cast(round_id as text), position, reviewer, kind, judgement,
           cast(lease_id as text), repeat, swapped, seconds, created_at, cast(invite_id as text)
    from newest where age = 1 and kind <> 'withdrawn' order by id
"""
_TALLIES = """
    with wanted as (
        select round_id, sum(wanted) as wanted from review_items
        where round_id in (select unnest(cast(? as uuid[]))) group by round_id
    ), newest as (
        select round_id, position, reviewer, arg_max(kind, id) as kind
        from review_records
        where not repeat and kind <> 'adjudication'
          and round_id in (select unnest(cast(? as uuid[])))
        group by round_id, position, reviewer
    ), said as (
        select round_id, count(*) as said, count(distinct reviewer) as people
        from newest where kind = 'verdict' group by round_id
    )
    select w.round_id, cast(w.wanted as bigint), s.said, s.people
    from wanted w left join said s on s.round_id = w.round_id
"""
_INVITES = """
    select i.id, i.round_id, i.label, i.expires_at, i.created_at, i.created_by,
           max(e.created_at) filter (where e.kind = 'revoked'),
           list(distinct e.name order by e.name) filter (where e.kind = 'joined')
    from review_invites i left join review_invite_events e on e.invite_id = i.id
    where {where}
    group by all order by i.id desc
"""


class StoredReview:
    """What `core.review` needs kept."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._leases = Appending(handle.database, "review_leases")
        self._records = Appending(handle.database, "review_records")

    # -- rounds --

    def create(
        self,
        settings: RoundSettings,
        source: RoundSource,
        competitors: Sequence[Competitor],
        items: Sequence[ReviewItem],
        seed: int,
        *,
        actor: str,
    ) -> ReviewRound:
        """Keep a round with its items, in one transaction."""
        new_id, now = self._handle.new_id(), self._handle.now()
        definition = {
            "settings": {**asdict(settings), "due_at": _iso(settings.due_at)},
            "source": asdict(source),
            "competitors": [asdict(one) for one in competitors],
        }
        rows = [
            (new_id, one.slot.position, storable(one.slot.case_id), one.slot.wanted,
             one.slot.random, one.slot.identical, list(one.slot.competitors),
             _json(asdict(one.draft)))
            for one in items
        ]  # fmt: skip

        def work(cursor: Cursor) -> None:
            cursor.execute(
                "insert into review_rounds values (?, ?, ?, ?, ?, ?, ?)",
                [new_id, _json(definition), source.dataset_version_id, seed, len(rows), now, actor],
            )
            self._handle.database.append("review_items", rows)

        self._handle.write(work)
        return self.get(new_id)

    def get(self, round_id: str) -> ReviewRound:
        """The round, also a deleted one. NotFound when there is none."""
        row = self._handle.row(f"{_ROUNDS} where r.id = try_cast(? as uuid)", [round_id])
        if row is None:
            raise NotFound(
                "There is no review round {id}. It may be in another database.", id=round_id
            )
        return _round(row)

    def list(self, limit: int = 100) -> Sequence[ReviewRound]:
        """Those that are not deleted, newest first."""
        rows = self._handle.rows(
            f"{_ROUNDS} where coalesce(c.state, 'open') <> 'deleted' order by r.id desc limit ?",
            [limit],
        )
        return [_round(row) for row in rows]

    def closed_on(self, version_id: str) -> Sequence[ReviewRound]:
        """Closed rounds on cases of a dataset version, oldest first."""
        rows = self._handle.rows(
            f"{_ROUNDS} where r.dataset_version_id = try_cast(? as uuid) and c.state = 'closed' "
            "order by r.id",
            [version_id],
        )
        return [_round(row) for row in rows]

    def change(self, round_id: str, state: RoundState, *, actor: str) -> None:
        """Append a new state."""
        self._handle.execute(
            "insert into review_changes values (?, ?, ?, ?, ?)",
            [self._handle.new_id(), round_id, state, self._handle.now(), actor],
        )

    # -- items --

    def slots(self, round_id: str) -> Sequence[Slot]:
        """Every item without its texts, in the order of the queue."""
        rows = self._handle.rows(
            f"select {_SLOT} from review_items where round_id = ? order by position",
            [round_id],
        )
        return [_slot(row) for row in rows]

    def item(self, round_id: str, position: int) -> ReviewItem:
        """One item with its texts. NotFound when there is none."""
        found = next(self.items(round_id, [position]), None)
        if found is None:
            raise NotFound("The review round has no item {number}.", number=position + 1)
        return found

    def items(self, round_id: str, positions: Sequence[int] | None = None) -> Iterator[ReviewItem]:
        """Items with their texts in the order of the queue: some, or all."""
        where, values = "round_id = try_cast(? as uuid)", [round_id]
        if positions is not None:
            where += " and position in (select unnest(cast(? as integer[])))"
            values.append(list(positions))  # type: ignore[arg-type]
        rows = self._handle.rows(
            f"select {_SLOT}, content from review_items where {where} order by position",
            values,
        )
        for *slot, content in rows:
            yield ReviewItem(_slot(slot), _draft(json.loads(content)))

    # -- leases and records --

    def lease(self, lease: Lease) -> Future[None]:
        """Append a lease. It holds at once in the process that gave it; the file follows."""
        return self._handle.writer.add(
            self._leases,
            [(lease.id, lease.round_id, lease.position, storable(lease.reviewer), lease.repeat,
              lease.swapped, to_naive(lease.leased_at), to_naive(lease.expires_at))],
        )  # fmt: skip

    def leases(self, round_id: str) -> Sequence[Lease]:
        """Every lease ever given, oldest first."""
        rows = self._handle.rows(
            "select cast(id as text), cast(round_id as text), position, reviewer, repeat, swapped, "
            "leased_at, expires_at from review_leases where round_id = try_cast(? as uuid) "
            "order by leased_at, id",
            [round_id],
        )
        return [
            Lease(id_, round_, position, name, repeat, swapped, to_aware(since), to_aware(until))
            for id_, round_, position, name, repeat, swapped, since, until in rows
        ]  # fmt: skip

    def record(self, record: ReviewRecord) -> Future[None]:
        """Append what somebody said; the future is resolved once it is committed."""
        return self._handle.writer.add(self._records, [_row(record, record.kind, None)])

    def withdraw(self, record_id: str, record: ReviewRecord) -> Future[None]:
        """Append, under a new id, that a record is taken back."""
        row = _row(record, "withdrawn", record.id)
        return self._handle.writer.add(self._records, [(record_id, *row[1:])])

    def records(self, round_id: str) -> Sequence[ReviewRecord]:
        """What holds, oldest first: nothing that was taken back or said anew."""
        rows = self._handle.rows(_HOLDING, [round_id])
        return [_record(row) for row in rows]

    def tallies(self, round_ids: Sequence[str]) -> Mapping[str, tuple[int, int, int]]:
        """By round: verdicts that hold (hidden repeats apart), those wanted, and reviewers."""
        rows = self._handle.rows(_TALLIES, [list(round_ids), list(round_ids)])
        return {str(id_): (said or 0, wanted, people or 0) for id_, wanted, said, people in rows}

    def written(self, round_id: str) -> int:
        """How many records were ever appended, those taken back included."""
        row = self._handle.row("select count(*) from review_records where round_id = ?", [round_id])
        return int(row[0]) if row else 0

    # -- invites --

    def invite(
        self,
        round_id: str,
        token_sha256: str,
        label: str,
        expires_at: datetime | None,
        *,
        actor: str,
    ) -> Invite:
        """Keep a link by the hash of its token."""
        new_id = self._handle.new_id()
        self._handle.execute(
            "insert into review_invites values (?, ?, ?, ?, ?, ?, ?)",
            [new_id, round_id, token_sha256, label,
             to_naive(expires_at) if expires_at else None, self._handle.now(), actor],
        )  # fmt: skip
        found = self.invite_named(new_id)
        assert found is not None
        return found

    def invites(self, round_id: str) -> Sequence[Invite]:
        """Every link of a round, newest first."""
        return self._invites("i.round_id = try_cast(? as uuid)", round_id)

    def invite_named(self, invite_id: str) -> Invite | None:
        """The link of that id."""
        return next(iter(self._invites("i.id = try_cast(? as uuid)", invite_id)), None)

    def invite_with(self, token_sha256: str) -> Invite | None:
        """The link whose token has this hash."""
        return next(iter(self._invites("i.token_sha256 = ?", token_sha256)), None)

    def invite_event(self, invite_id: str, kind: str, name: str, *, actor: str) -> None:
        """Append that somebody `joined` by a link, or that it was `revoked`."""
        self._handle.execute(
            "insert into review_invite_events values (?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), invite_id, kind, storable(name), self._handle.now(), actor],
        )

    def _invites(self, where: str, value: str) -> Sequence[Invite]:
        rows = self._handle.rows(_INVITES.format(where=where), [value])
        return [
            Invite(str(id_), str(round_id), label, to_aware(until) if until else None,
                   to_aware(at), by, to_aware(revoked) if revoked else None, tuple(joined or ()))
            for id_, round_id, label, until, at, by, revoked, joined in rows
        ]  # fmt: skip


def _json(data: object) -> str:
    return storable(json.dumps(data, ensure_ascii=False))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else to_naive(moment).isoformat()


def _round(row: tuple[Any, ...]) -> ReviewRound:
    id_, definition, seed, items, at, by, state, changed_at = row
    data = json.loads(definition)
    return ReviewRound(
        str(id_), _settings(data["settings"]), RoundSource(**data["source"]),
        tuple(Competitor(**one) for one in data["competitors"]), seed, items, to_aware(at), by,
        state, to_aware(changed_at) if changed_at else None,
    )  # fmt: skip


def _settings(data: dict[str, Any]) -> RoundSettings:
    due_at = data["due_at"]
    return RoundSettings(
        **{
            **data,
            "examples": tuple(ReviewExample(**one) for one in data["examples"]),
            "rubric": tuple(RubricLine(**one) for one in data["rubric"]),
            "reasons": tuple(data["reasons"]),
            "assigned": tuple(data["assigned"]),
            "due_at": to_aware(datetime.fromisoformat(due_at)) if due_at else None,
        }
    )


def _slot(row: Sequence[Any]) -> Slot:
    position, case_id, wanted, random, same, competitors = row
    return Slot(position, case_id, wanted, random, same, tuple(competitors))


def _draft(data: dict[str, Any]) -> ItemDraft:
    return ItemDraft(
        **{**data, "answers": tuple(ReviewAnswer(**answer) for answer in data["answers"])}
    )


def _row(record: ReviewRecord, kind: str, of: str | None) -> tuple[Any, ...]:
    return (
        record.id, record.round_id, record.position, storable(record.reviewer), kind, of,
        record.lease_id, record.repeat, record.swapped, _json(asdict(record.judgement)),
        record.seconds, to_naive(record.created_at), record.invite_id,
    )  # fmt: skip


def _record(row: tuple[Any, ...]) -> ReviewRecord:
    (id_, round_id, position, reviewer, kind, judgement, lease_id, repeat, swapped, seconds, at,
     invite_id) = row  # fmt: skip
    return ReviewRecord(
        id_, round_id, position, reviewer, kind, judgement_from(json.loads(judgement)), lease_id,
        repeat, swapped, seconds, to_aware(at), invite_id,
    )  # fmt: skip


def judgement_from(data: Mapping[str, Any]) -> Judgement:
    """Read what `dataclasses.asdict` made of a judgement."""
    return Judgement(
        **{
            **data,
            "reasons": tuple(data["reasons"]),
            "highlights": tuple(Highlight(**one) for one in data["highlights"]),
        }
    )
