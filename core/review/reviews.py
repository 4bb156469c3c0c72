"""Human review: making rounds, inviting, handing out items, taking verdicts, reading results.

making       from_evaluation, from_comparison, from_dataset, from_runs, create_round
life         rounds, round, close, reopen, delete
inviting     invite, invites, revoke, join
reviewing    next_item, verdict, skip, undo, progress
results      results, adjudicate, calibration, estimates, feedback, reasons, keep_corrections,
             export
audit        audit, export_audit
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.access import Person
from core.errors import InvalidInput, NotAllowed
from core.records.comparisons import Cell, Comparison
from core.records.datasets import ALL_CASES, REFERENCE, CaseSlice, DatasetVersion
from core.records.review import (
    AuditEntry,
    Handed,
    Invite,
    Judgement,
    Nothing,
    ReviewProgress,
    ReviewRound,
    RoundDraft,
    RoundLine,
    RoundSettings,
    RoundState,
)
from core.review import planning
from core.review.outcome import Calibration, Estimate, Feedback, ReasonTold, RoundResults
from core.review.review_export import (
    AUDIT_COLUMNS,
    EXPORTS,
    ReviewExport,
    audit_row,
    export_csv,
    export_jsonl,
    row,
)

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.records.evaluations import Battle
    from core.review.desks import Desks
    from core.review.drafting import RoundDrafting
    from core.review.findings import Findings
    from core.review.permits import Permits
    from core.store import Store

KIND = "review"
"""Of the use that a dataset version remembers."""
LONGEST_NAME = 60


class Reviews:
    """What pages and commands do with human review. All actions check who does it. Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        datasets: Datasets,
        drafting: RoundDrafting,
        desks: Desks,
        findings: Findings,
        permits: Permits,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._drafting = drafting
        self._desks = desks
        self._findings = findings
        self._permits = permits
        self._now = now

    # -- making --

    def from_evaluation(
        self,
        evaluation_id: str,
        settings: RoundSettings,
        candidates: Sequence[str],
        which: CaseSlice = ALL_CASES,
    ) -> RoundDraft:
        """Answers of candidates, by key: of any number (single), or of two (pair)."""
        return self._drafting.from_evaluation(evaluation_id, settings, candidates, which)

    def from_comparison(
        self,
        comparison: Comparison,
        cells: Sequence[Cell],
        settings: RoundSettings,
        candidates: Sequence[str],
    ) -> RoundDraft:
        """The rows of a comparison: the answers of some of its columns, or of a pair of them."""
        return self._drafting.from_comparison(comparison, cells, settings, candidates)

    def from_dataset(
        self,
        version_id: str,
        settings: RoundSettings,
        columns: Sequence[str],
        which: CaseSlice = ALL_CASES,
    ) -> RoundDraft:
        """Answers that a dataset has in columns: in any number (single), or in two (pair)."""
        return self._drafting.from_dataset(version_id, settings, columns, which)

    def from_runs(self, run_ids: Sequence[str], settings: RoundSettings) -> RoundDraft:
        """Single answers of the history."""
        return self._drafting.from_runs(run_ids, settings)

    def create_round(self, draft: RoundDraft, person: Person) -> ReviewRound:
        """Keep it, its items in the order to review them. InvalidInput when it will not do."""
        self._permits.check(person, "manage_review")
        planning.check(draft)
        seed = secrets.randbits(62)
        settings = replace(draft.settings, title=draft.settings.title.strip())
        made = self._store.review.create(
            settings,
            draft.source,
            draft.competitors,
            planning.planned(draft.items, settings, seed),
            seed,
            actor=person.name,
        )
        version_id = draft.source.dataset_version_id
        if version_id is not None:
            self._datasets.record_use(version_id, KIND, made.id, settings.title, actor=person.name)
        self._log(person, "review.create", made.id, settings.title)
        return made

    # -- life --

    def rounds(self, person: Person, limit: int = 100) -> Sequence[RoundLine]:
        """Newest first; for who may only review, the open ones for them, blinded."""
        found = self._store.review.list(limit)
        if person.invite_id is not None or not self._permits.may(person, "read"):
            self._permits.check(person, "review", person.round_id or "")
            found = [one for one in found if self._is_for(person, one)]
        tallies = self._store.review.tallies([one.id for one in found])
        return [RoundLine(self._permits.seen_by(person, one), *tallies[one.id]) for one in found]

    def _is_for(self, person: Person, round_: ReviewRound) -> bool:
        if not round_.open or person.round_id not in (None, round_.id):
            return False
        return not round_.settings.assigned or person.name in round_.settings.assigned

    def round(self, round_id: str, person: Person) -> ReviewRound:
        """The round; for who may only review, without competitors and source."""
        if person.invite_id is not None or not self._permits.may(person, "read"):
            self._permits.check(person, "review", round_id)
        return self._permits.seen_by(person, self._store.review.get(round_id))

    def close(self, round_id: str, person: Person) -> None:
        """Take no more verdicts; then results are shown to those who reviewed, too."""
        self._change(round_id, "closed", person)

    def reopen(self, round_id: str, person: Person) -> None:
        """Take verdicts again. Who has seen results since does not judge blind any more."""
        self._change(round_id, "open", person)

    def delete(self, round_id: str, person: Person) -> None:
        """Take it off the list, as an admin or as whoever made it."""
        if self._store.review.get(round_id).created_by == person.name:
            self._change(round_id, "deleted", person)
        else:
            self._permits.check(person, "delete", round_id)
            self._change(round_id, "deleted", person)

    def _change(self, round_id: str, state: RoundState, person: Person) -> None:
        self._permits.check(person, "manage_review", round_id)
        round_ = self._store.review.get(round_id)
        if round_.state == state:
            return
        # Into the queue first: a verdict that comes after this is refused, not lost.
        self._desks.changed(replace(round_, state=state))
        self._store.review.change(round_.id, state, actor=person.name)
        self._desks.changed(self._store.review.get(round_id))
        self._log(person, f"review.{state}", round_.id, round_.settings.title)

    # -- inviting --

    def invite(
        self, round_id: str, person: Person, label: str = "", expires_at: datetime | None = None
    ) -> tuple[Invite, str]:
        """A new link: the invite, and its token, which is told this once only."""
        self._permits.check(person, "manage_review", round_id)
        round_ = self._store.review.get(round_id)
        token = secrets.token_urlsafe(32)
        made = self._store.review.invite(
            round_.id, _sha256(token), label.strip()[:LONGEST_NAME], expires_at, actor=person.name
        )
        self._log(person, "review.invite", round_.id, made.id)
        return made, token

    def invites(self, round_id: str, person: Person) -> Sequence[Invite]:
        """Every link of the round, newest first."""
        self._permits.check(person, "manage_review", round_id)
        return self._store.review.invites(round_id)

    def revoke(self, round_id: str, invite_id: str, person: Person) -> None:
        """Let nobody in by this link any more; who came by it can do no more from now on."""
        self._permits.check(person, "manage_review", round_id)
        if invite_id not in {one.id for one in self._store.review.invites(round_id)}:
            raise InvalidInput("The round has no such link.")
        self._store.review.invite_event(invite_id, "revoked", "", actor=person.name)
        self._permits.forget(invite_id)
        self._log(person, "review.revoke", round_id, invite_id)

    def join(self, token: str, name: str) -> Person:
        """A reviewer of the link's round under that name; the same again is the same person.

        NotAllowed for a link that is unknown, over or revoked; InvalidInput for a name that will
        not do.
        """
        invite = self._permits.check_invite(self._store.review.invite_with(_sha256(token)))
        called = _checked_name(name)
        person = Person(called, role="reviewer", round_id=invite.round_id, invite_id=invite.id)
        if called in invite.joined:
            return person
        round_ = self._store.review.get(invite.round_id)
        taken = {round_.created_by, *self._desks.of(round_.id).queue.reviewers()}
        for other in self._store.review.invites(round_.id):
            taken |= set(other.joined)
        if called in taken:
            raise InvalidInput(
                "Somebody here is called {name} already. Add a letter to yours.", name=called
            )
        self._store.review.invite_event(invite.id, "joined", called, actor=called)
        self._permits.forget(invite.id)
        self._log(person, "review.join", round_.id, invite.id)
        return person

    # -- reviewing: `person` is the reviewer --

    def next_item(self, round_id: str, person: Person) -> Handed | Nothing:
        """The item to judge; the same one until it is judged, skipped or its lease is over."""
        self._check_reviewer(round_id, person)
        return self._desks.next_item(round_id, person)

    def verdict(self, round_id: str, lease_id: str, judgement: Judgement, person: Person) -> None:
        """Keep what the reviewer says, about the sides as shown; committed on return.

        The same twice counts once; another one for the same item takes the place of the first.
        """
        self._check_reviewer(round_id, person)
        self._desks.verdict(round_id, lease_id, judgement, person)

    def skip(self, round_id: str, lease_id: str, reason: str, person: Person) -> None:
        """Leave the item to others; committed on return."""
        self._check_reviewer(round_id, person)
        self._desks.skip(round_id, lease_id, reason, person)

    def undo(self, round_id: str, person: Person) -> Handed | None:
        """Take one's last verdict or skip back; the item is handed out again, with `before`."""
        self._check_reviewer(round_id, person)
        return self._desks.undo(round_id, person)

    def progress(self, round_id: str, person: Person) -> ReviewProgress:
        """How far it is, and whether one can stop; tells nothing of who leads."""
        if person.invite_id is not None or not self._permits.may(person, "read"):
            self._check_reviewer(round_id, person)
        return self._desks.progress(round_id, person)

    def _check_reviewer(self, round_id: str, person: Person) -> None:
        self._permits.check_reviewer(person, self._desks.of(round_id).queue.round)

    # -- results --

    def _readable(self, round_id: str, person: Person) -> ReviewRound:
        """The round, when the person may see what it found. Who reviews waits for its end."""
        round_ = self._store.review.get(round_id)
        self._permits.check(person, "manage_review" if round_.open else "read", round_id)
        if round_.open and not person.operator and self._desks.of(round_id).queue.mine(person.name):
            raise NotAllowed(
                "You review in this round. You see what it found once it is closed, so that you "
                "judge without knowing."
            )
        return round_

    def results(self, round_id: str, person: Person) -> RoundResults:
        """Figures, agreement, reviewers, splits."""
        return self._findings.results(self._readable(round_id, person))

    def adjudicate(
        self, round_id: str, position: int, judgement: Judgement, person: Person
    ) -> None:
        """Settle an item; `choice` left is the item's first answer. The newest holds."""
        self._permits.check(person, "manage_review", round_id)
        self._readable(round_id, person)
        self._desks.adjudicate(round_id, position, judgement, person)
        self._log(person, "review.adjudicate", round_id, str(position + 1))

    def calibration(self, round_id: str, person: Person, column: str = "") -> Sequence[Calibration]:
        """Each judge against people, whole and by the values of a column of the dataset."""
        return self._findings.calibration(self._readable(round_id, person), column)

    def estimates(self, round_id: str, person: Person) -> Sequence[Estimate]:
        """What people would say of all cases, by metric and competitor."""
        return self._findings.estimates(self._readable(round_id, person))

    def estimates_on(
        self, version_id: str, person: Person
    ) -> Sequence[tuple[ReviewRound, Sequence[Estimate]]]:
        """Those of every closed round on a dataset version; competitors carry their `entry`."""
        self._permits.check(person, "read")
        rounds = self._store.review.closed_on(version_id)
        return [(round_, self._findings.estimates(round_)) for round_ in rounds]

    def feedback(self, round_id: str, person: Person) -> Sequence[Feedback]:
        """Answers with reasons, comments or corrections."""
        return list(self._findings.feedback(self._readable(round_id, person)))

    def reasons(self, round_id: str, person: Person) -> Sequence[ReasonTold]:
        """Reasons with their comments, the most frequent first: for rubrics and the optimizer."""
        return self._findings.reasons(self._readable(round_id, person))

    def keep_corrections(self, round_id: str, person: Person) -> DatasetVersion:
        """A version of the dataset with corrected answers as references, after its newest one."""
        self._permits.check(person, "write", round_id)
        round_ = self._readable(round_id, person)
        corrected = self._findings.corrections(round_)
        if round_.source.dataset_version_id is None:
            raise InvalidInput("The round was not made from a dataset.")
        dataset_id = self._datasets.version(round_.source.dataset_version_id).dataset_id
        newest = self._datasets.newest(dataset_id)
        cases = [
            replace(case, fields={**case.fields, REFERENCE: corrected[case.id]}, split=None)
            for case in self._datasets.cases(newest.id)
            if case.id in corrected
        ]
        if not cases:
            raise InvalidInput("Nobody has corrected an answer.")
        made = self._datasets.add_cases(
            dataset_id, cases, actor=person.name, source=KIND, message=round_.settings.title
        )
        self._log(person, "review.keep_corrections", round_id, f"{len(cases)}")
        return made

    def export(self, round_id: str, form: ReviewExport, person: Person) -> bytes:
        """Every verdict as a file."""
        self._permits.check(person, "export", round_id)
        round_ = self._readable(round_id, person)
        rows = [row(round_, item, record) for item, record in self._findings.rows(round_)]
        self._log(person, "review.export", round_id, f"{form}, {len(rows)}")
        return EXPORTS[form](rows)

    def battles(self, version_id: str) -> Sequence[Battle]:
        """People's verdicts of closed rounds on a dataset version, between leaderboard entries."""
        return self._findings.battles(version_id)

    # -- audit --

    def audit(
        self, person: Person, limit: int = 100, before: int | None = None
    ) -> Sequence[AuditEntry]:
        """The audit log, newest first; `before` is a number to go on from."""
        self._permits.check(person, "audit")
        return self._store.audit.page(limit, before)

    def export_audit(self, form: str, person: Person) -> bytes:
        """The whole audit log, oldest first: `csv` or `jsonl`."""
        self._permits.check(person, "audit")
        rows = [audit_row(entry) for entry in self._store.audit.iterate()]
        self._log(person, "audit.export", "", f"{form}, {len(rows)}")
        return export_jsonl(rows) if form == "jsonl" else export_csv(rows, AUDIT_COLUMNS)

    def _log(self, person: Person, action: str, subject: str, detail: str) -> None:
        self._store.audit.add(person.name, action, subject, detail).result()


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _checked_name(name: str) -> str:
    """The name as it is kept. An address would look like somebody who signed in."""
    called = " ".join(unicodedata.normalize("NFKC", name).split())
    if not called or len(called) > LONGEST_NAME or "@" in called or not called.isprintable():
        raise InvalidInput(
            "Write your name in 1 to {most} characters, without @.", most=LONGEST_NAME
        )
    return called
