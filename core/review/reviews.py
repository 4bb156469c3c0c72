"""Human review: making rounds, inviting, handing out items, taking verdicts, reading results.

making       from_evaluation, from_comparison, from_dataset, from_runs, create_round
life         rounds, round, close, reopen, delete
inviting     invite, invites, revoke, join
reviewing    next_item, verdict, skip, undo, progress
results      results, adjudicate, calibration, estimates, feedback, keep_corrections, export
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from core.access import Person
from core.records.comparisons import Cell, Comparison
from core.records.datasets import ALL_CASES, CaseSlice, DatasetVersion
from core.records.review import (
    Handed,
    Invite,
    Judgement,
    Nothing,
    ReviewProgress,
    ReviewRound,
    RoundDraft,
    RoundLine,
    RoundSettings,
)
from core.review.outcome import Calibration, Estimate, Feedback, RoundResults

if TYPE_CHECKING:
    from core.records.evaluations import Battle

ReviewExport = Literal["csv", "jsonl", "parquet"]


class Reviews:
    """What pages and commands do with human review. Every action checks who does it."""

    # -- making --

    def from_evaluation(
        self,
        evaluation_id: str,
        settings: RoundSettings,
        candidates: Sequence[str],
        which: CaseSlice = ALL_CASES,
    ) -> RoundDraft:
        """Answers of one candidate (single) or more, or of two (pair), by key."""
        raise NotImplementedError

    def from_comparison(
        self,
        comparison: Comparison,
        cells: Sequence[Cell],
        settings: RoundSettings,
        candidates: Sequence[str],
    ) -> RoundDraft:
        """The rows of a comparison: a pair of its columns, or the answers of some."""
        raise NotImplementedError

    def from_dataset(
        self,
        version_id: str,
        settings: RoundSettings,
        columns: Sequence[str],
        which: CaseSlice = ALL_CASES,
    ) -> RoundDraft:
        """Answers that a dataset has in one column or more (single), or in two (pair)."""
        raise NotImplementedError

    def from_runs(self, run_ids: Sequence[str], settings: RoundSettings) -> RoundDraft:
        """Single answers of the history."""
        raise NotImplementedError

    def create_round(self, draft: RoundDraft, person: Person) -> ReviewRound:
        """Keep it, its items in the order to review them. Needs `manage_review`."""
        raise NotImplementedError

    # -- life --

    def rounds(self, person: Person, limit: int = 100) -> Sequence[RoundLine]:
        """Newest first; for a reviewer those that are open to them, blinded."""
        raise NotImplementedError

    def round(self, round_id: str, person: Person) -> ReviewRound:
        """The round; for somebody who may only review, without competitors and source."""
        raise NotImplementedError

    def close(self, round_id: str, person: Person) -> None:
        """Take no more verdicts; results are shown to those who reviewed, too."""
        raise NotImplementedError

    def reopen(self, round_id: str, person: Person) -> None:
        """Take verdicts again."""
        raise NotImplementedError

    def delete(self, round_id: str, person: Person) -> None:
        """Take it off the list. Needs `delete` or to have made it."""
        raise NotImplementedError

    # -- inviting --

    def invite(
        self, round_id: str, person: Person, label: str = "", expires_at: datetime | None = None
    ) -> tuple[Invite, str]:
        """A new link: the invite, and its token, which is told this once only."""
        raise NotImplementedError

    def invites(self, round_id: str, person: Person) -> Sequence[Invite]:
        """Every link of the round, newest first."""
        raise NotImplementedError

    def revoke(self, round_id: str, invite_id: str, person: Person) -> None:
        """Let nobody in by this link any more, also those who came by it."""
        raise NotImplementedError

    def join(self, token: str, name: str) -> Person:
        """A reviewer of the link's round under that name; the same again is the same person.

        NotAllowed for a link that is unknown, over or revoked; InvalidInput for a name that will
        not do.
        """
        raise NotImplementedError

    # -- reviewing: `person` is the reviewer --

    def next_item(self, round_id: str, person: Person) -> Handed | Nothing:
        """The item to judge; the same one until it is judged, skipped or its lease is over."""
        raise NotImplementedError

    def verdict(self, round_id: str, lease_id: str, judgement: Judgement, person: Person) -> None:
        """Keep what the reviewer says; committed on return. The same twice counts once."""
        raise NotImplementedError

    def skip(self, round_id: str, lease_id: str, reason: str, person: Person) -> None:
        """Leave the item to others."""
        raise NotImplementedError

    def undo(self, round_id: str, person: Person) -> Handed | None:
        """Take one's last verdict or skip back; the item is handed out again, with `before`."""
        raise NotImplementedError

    def progress(self, round_id: str, person: Person) -> ReviewProgress:
        """How far it is, and whether one can stop."""
        raise NotImplementedError

    # -- results: not for who reviews in a round that is still open --

    def results(self, round_id: str, person: Person) -> RoundResults:
        """Figures, agreement, reviewers, splits."""
        raise NotImplementedError

    def adjudicate(
        self, round_id: str, position: int, judgement: Judgement, person: Person
    ) -> None:
        """Settle an item; `choice` left is the item's first answer. The newest holds."""
        raise NotImplementedError

    def calibration(self, round_id: str, person: Person, column: str = "") -> Sequence[Calibration]:
        """Each judge against people, whole and by the values of a column of the dataset."""
        raise NotImplementedError

    def estimates(self, round_id: str, person: Person) -> Sequence[Estimate]:
        """What people would say of all cases, by competitor and metric."""
        raise NotImplementedError

    def feedback(self, round_id: str, person: Person) -> Sequence[Feedback]:
        """Answers with reasons, comments or corrections."""
        raise NotImplementedError

    def keep_corrections(self, round_id: str, person: Person) -> DatasetVersion:
        """A version of the dataset with corrected answers as references."""
        raise NotImplementedError

    def export(self, round_id: str, form: ReviewExport, person: Person) -> bytes:
        """Every verdict as a file."""
        raise NotImplementedError

    def battles(self, version_id: str) -> Sequence[Battle]:
        """People's verdicts of closed rounds on a dataset version, between leaderboard entries."""
        raise NotImplementedError
