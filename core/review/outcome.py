"""What a round found, as pages and files show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.agreement import Alpha, Confusion, Kappa
from core.evaluation.ppi import PpiEstimate
from core.evaluation.statistics import Interval
from core.records.review import (
    Competitor,
    Judgement,
    ReviewItem,
    ReviewRecord,
    ReviewRound,
)


@dataclass(frozen=True, slots=True)
class SingleFigure:
    """What people gave the answers of one competitor, item by item; in 0..1 or 1..5."""

    competitor: Competitor
    interval: Interval | None
    items: int


@dataclass(frozen=True, slots=True)
class PairFigure:
    """Items by who won; `share` is the second one's of all of them, a tie counting half.

    `both_bad` items are among the ties, `identical` ones too: nobody had to judge them. Of
    `undecided` items reviewers are split and nobody has settled it; in `share` they count by
    their verdicts' mean.
    """

    first: Competitor
    second: Competitor
    first_won: int
    second_won: int
    ties: int
    both_bad: int
    identical: int
    undecided: int
    share: Interval | None


@dataclass(frozen=True, slots=True)
class RaterPair:
    """Two reviewers on the items that both judged. `raw` is the share of equal labels."""

    first: str
    second: str
    raw: float
    kappa: Kappa


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far reviewers agree; to be shown as a whole, since raw agreement alone misleads.

    `raw` is the share of equal labels among all pairs of verdicts on an item, None without any.
    `kappa` is of those pairs, with quadratic weights when labels are steps (`weighted`); it and
    `confusion` count every pair in both directions. `base_rates` are of all labels.
    """

    items: int
    reviewers: int
    verdicts: int
    raw: float | None
    kappa: Kappa | None
    weighted: bool
    alpha: Alpha | None
    confusion: Confusion | None
    base_rates: Mapping[str, float]
    pairs: Sequence[RaterPair]


@dataclass(frozen=True, slots=True)
class ReviewerFigure:
    """One reviewer. `consistency` is the share of hidden repeats judged the same, None for none."""

    name: str
    verdicts: int
    skipped: int
    median_s: float | None
    repeats: int
    consistency: float | None
    left_share: float | None
    """Share of verdicts for the left side among those that name a side; 0.5 is unbiased."""


@dataclass(frozen=True, slots=True)
class SplitItem:
    """An item on which reviewers do not agree; `adjudication` settles it."""

    item: ReviewItem
    records: Sequence[ReviewRecord]
    adjudication: ReviewRecord | None


@dataclass(frozen=True, slots=True)
class RoundResults:
    """What people said. `singles` of a single round, `pair` of a pair round.

    `reasons` counts chips by competitor key; of a pair they belong to the item, under "".
    """

    round: ReviewRound
    singles: Sequence[SingleFigure]
    pair: PairFigure | None
    agreement: Agreement
    reviewers: Sequence[ReviewerFigure]
    splits: Sequence[SplitItem]
    reasons: Mapping[str, Mapping[str, int]]
    comments: int
    corrections: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A case that people and the judge see differently, with the reasons of both."""

    case_id: str
    competitor: str
    human: str
    judge: str
    human_reasons: tuple[str, ...]
    human_comments: tuple[str, ...]
    judge_reason: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """A judge (or another metric) against people, on the cases of a slice that both have.

    `slice` is a value of the chosen column, "" for all cases. `calibrated` False: fewer labels
    than are needed to say so. `spearman` None: nothing varies, or a pair was judged. `kappa` is
    None when the labels cannot be brought to one scale.
    """

    metric: str
    signature: str
    slice: str
    n: int
    calibrated: bool
    kappa: Kappa | None
    weighted: bool
    alpha: Alpha | None
    confusion: Confusion | None
    human_rates: Mapping[str, float]
    judge_rates: Mapping[str, float]
    spearman: float | None
    human_mean: float
    judge_mean: float
    disagreements: Sequence[Disagreement]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What people would have said of all cases: few labels corrected by many scores (PPI++).

    For a pair, `competitor` is the second answer's and the value its share of wins. `human` is
    of the labels alone. `usable` False: the labels are of no random sample.
    """

    competitor: Competitor
    metric: str
    signature: str
    ppi: PpiEstimate | None
    human: Interval | None
    usable: bool


@dataclass(frozen=True, slots=True)
class Feedback:
    """What people said of one answer: for examples, rubric lines and the optimizer.

    `passages` are those that reviewers marked in it.
    """

    case_id: str
    fields: Mapping[str, str]
    competitor: str
    answer: str
    label: str
    reasons: tuple[str, ...]
    comments: tuple[str, ...]
    corrections: tuple[str, ...]
    passages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReasonTold:
    """A reason, how many verdicts named it, and what their reviewers wrote beside it.

    Comments without a reason are under the code "".
    """

    code: str
    count: int
    comments: tuple[str, ...]


NO_JUDGEMENT = Judgement()
