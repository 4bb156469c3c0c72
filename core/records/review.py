"""Human review: rounds of items, handed to reviewers without telling whose answers they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from core.records.comparisons import Choice

ReviewKind = Literal["single", "pair"]
ReviewScale = Literal["pass_fail", "rating", "rubric"]
"""How single answers are judged: 0 or 1; 1 to 5; each line of a rubric 0 or 1."""
ReviewOrder = Literal["random", "judges_disagree", "outputs_differ", "reviewers_split"]
SourceKind = Literal["evaluation", "comparison", "dataset", "history"]
RoundState = Literal["open", "closed", "deleted"]
RecordKind = Literal["verdict", "skip", "adjudication"]
KINDS: tuple[ReviewKind, ...] = ("single", "pair")
SCALES: tuple[ReviewScale, ...] = ("pass_fail", "rating", "rubric")
ORDERS: tuple[ReviewOrder, ...] = (
    "random", "judges_disagree", "outputs_differ", "reviewers_split",
)  # fmt: skip
RATINGS = range(1, 6)
MOST_REVIEWERS = 10


@dataclass(frozen=True, slots=True)
class RubricLine:
    """One thing to tick; `key` names it within its round."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class ReviewExample:
    """What a reviewer reads before beginning: an answer and what to say of it."""

    answer: str
    verdict: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """How a round is done.

    `overlap` is the share of items, drawn at random, that get all `reviewers`; the others get
    one. With `assigned` names only those review, each the items that fell to them; without, all
    who may come take from one queue. `repeats` is the share of items that a reviewer sees a
    second time, hidden among the others. `reasons` are the chips beside a verdict, codes of
    `core.records.reasons` or words of one's own. `most` items are taken; None takes all.
    """

    title: str
    kind: ReviewKind
    scale: ReviewScale = "pass_fail"
    instructions: str = ""
    examples: tuple[ReviewExample, ...] = ()
    rubric: tuple[RubricLine, ...] = ()
    reasons: tuple[str, ...] = (
        "correct",
        "complete",
        "format",
        "tone",
        "natural",
        "length",
        "safe",
    )
    reviewers: int = 1
    overlap: float = 1.0
    assigned: tuple[str, ...] = ()
    due_at: datetime | None = None
    order: ReviewOrder = "random"
    most: int | None = None
    show_reference: bool = False
    repeats: float = 0.05
    lease_s: float = 600.0


@dataclass(frozen=True, slots=True)
class RoundSource:
    """What the items were made from; `dataset_version_id` when their cases are of one."""

    kind: SourceKind
    id: str
    title: str = ""
    dataset_version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Competitor:
    """Who answered. `entry` names prompt and model by content, as the leaderboard does."""

    key: str
    title: str
    model: str = ""
    entry: str = ""


@dataclass(frozen=True, slots=True)
class ReviewAnswer:
    """An answer of `competitor` (its key)."""

    competitor: str
    text: str
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """What is to be judged, before it has its place in the queue: one answer or two.

    `fields` are what the answer was made from, by name. `disagreement` (0..1) is how far judges
    are from each other on it; None when no judge told.
    """

    case_id: str
    fields: Mapping[str, str]
    answers: tuple[ReviewAnswer, ...]
    reference: str | None = None
    disagreement: float | None = None


@dataclass(frozen=True, slots=True)
class RoundDraft:
    """A round before it is kept."""

    settings: RoundSettings
    source: RoundSource
    competitors: tuple[Competitor, ...]
    items: Sequence[ItemDraft]


@dataclass(frozen=True, slots=True)
class ReviewRound:
    """A round as it is now. `seed` decides orders, sides, overlap and repeats."""

    id: str
    settings: RoundSettings
    source: RoundSource
    competitors: tuple[Competitor, ...]
    seed: int
    items: int
    created_at: datetime
    created_by: str
    state: RoundState = "open"
    changed_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether verdicts are taken."""
        return self.state == "open"


class Slot(NamedTuple):
    """An item as the queue needs it. `position` is its place in the queue, from 0.

    `random` items are a random sample of all; `identical` answers are a tie without a reviewer.
    `competitors` are whose answers they are, in the order of the item.
    """

    position: int
    case_id: str
    wanted: int
    random: bool
    identical: bool
    competitors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An item with its texts."""

    slot: Slot
    draft: ItemDraft


@dataclass(frozen=True, slots=True)
class Lease:
    """An item in one reviewer's hands until `expires_at`. `swapped`: the second answer is left.

    `repeat` is the hidden second time.
    """

    id: str
    round_id: str
    position: int
    reviewer: str
    repeat: bool
    swapped: bool
    leased_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Highlight:
    """A passage of an answer that a reviewer marked; characters from `start` up to `end`.

    Handed in by a reviewer, `answer` is the place as shown (0 left, 1 right); kept, it is the
    answer's place in the item.
    """

    answer: int
    start: int
    end: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reviewer says of an item. A pair has a `choice`, a single answer a `value`.

    `value` is 0 or 1, or 1 to 5; under a rubric it is left out and `lines` tell 0 or 1 by key.
    Handed in by a reviewer, `choice` is about the sides as shown; kept, left is the item's first
    answer. `correction` is how the answer should have been; of a pair, how either should.
    """

    choice: Choice | None = None
    value: int | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    comment: str = ""
    correction: str = ""
    highlights: tuple[Highlight, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """A verdict, a skip or an adjudication that holds. `seconds` is the time it took.

    `swapped` is how the item was shown; `judgement` is in the order of the item.
    """

    id: str
    round_id: str
    position: int
    reviewer: str
    kind: RecordKind
    judgement: Judgement
    lease_id: str | None
    repeat: bool
    swapped: bool
    seconds: float | None
    created_at: datetime
    invite_id: str | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """What a reviewer is shown. It tells nothing of models, versions, scores or other people.

    `answers` are as shown: one, or the left and the right one. `before` is one's own judgement
    that was taken back, as shown.
    """

    lease_id: str
    round_id: str
    kind: ReviewKind
    scale: ReviewScale
    fields: Mapping[str, str]
    answers: tuple[str, ...]
    reference: str | None
    expires_at: datetime
    before: Judgement | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is no item: one has `done` all one can; `others` hold the rest; it is `closed`."""

    why: Literal["done", "others", "closed"]


@dataclass(frozen=True, slots=True)
class StopAdvice:
    """Whether the result of a round can still flip. `error` is the chance that it does so anyway.

    `reviewed` of `total` items are behind it. It does not tell who leads.
    """

    can_stop: bool
    certain: bool
    error: float
    reviewed: int
    total: int


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """How far a round is. `mine` are one's own verdicts, `open_to_me` items that still wait.

    `settled` items have all the verdicts they want. `seconds` is one's median time per item.
    """

    items: int
    settled: int
    verdicts: int
    wanted: int
    skipped: int
    mine: int
    open_to_me: int
    seconds: float | None
    stop: StopAdvice | None


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round as a list shows it."""

    round: ReviewRound
    verdicts: int
    wanted: int
    reviewers: int


@dataclass(frozen=True, slots=True)
class Invite:
    """A link to one round. The token itself is not kept, only its hash."""

    id: str
    round_id: str
    label: str
    expires_at: datetime | None
    created_at: datetime
    created_by: str
    revoked_at: datetime | None = None
    joined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when. `sha256` is over the entry and the hash before it."""

    number: int
    at: datetime
    who: str
    action: str
    subject: str
    detail: str
    allowed: bool
    sha256: str
