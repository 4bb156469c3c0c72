"""What the verdicts of a round say: of the answers, of each other, of the reviewers. Pure.

An item counts once, however many judged it. Hidden repeats count for consistency only.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from core.evaluation.agreement import (
    Kappa,
    base_rates,
    cohen_kappa,
    confusion,
    krippendorff_alpha,
    weighted_kappa,
)
from core.evaluation.statistics import Interval, mean_interval, pass_rate
from core.records.review import Competitor, ReviewRecord, ReviewRound, RoundSettings, Slot
from core.review.judging import (
    RESULTS,
    TURNED,
    is_split,
    is_steps,
    label_of,
    labels,
    points,
    settled_label,
)
from core.review.outcome import (
    Agreement,
    PairFigure,
    RaterPair,
    ReasonTold,
    ReviewerFigure,
    SingleFigure,
)

FEWEST_SHARED = 5
MOST_PAIRS = 50
"""Of reviewers that are told one by one; the sums are over all."""
RATINGS = (1.0, 5.0)
ByItem = Mapping[int, Sequence[ReviewRecord]]


def by_item(records: Iterable[ReviewRecord]) -> ByItem:
    """First verdicts and adjudications by the position of their item."""
    found: dict[int, list[ReviewRecord]] = defaultdict(list)
    for record in records:
        if record.kind == "adjudication" or (record.kind == "verdict" and not record.repeat):
            found[record.position].append(record)
    return found


def in_order(
    slots: Sequence[Slot], numbers: Sequence[float | None], settings: RoundSettings
) -> list[float]:
    """Points of the random items so far, in the order of the queue: what may stop a round.

    Of single answers of two competitors, the second one's lead on the cases that both have.
    """
    values: dict[str, dict[str, float]] = defaultdict(dict)
    result: list[float] = []
    for slot in slots:
        value = numbers[slot.position] if slot.random else None
        if value is None:
            continue
        if settings.kind == "pair":
            result.append(value)
            continue
        case = values[slot.case_id]
        case[slot.competitors[0]] = value
        if len(case) == 2:
            first, second = (case[key] for key in sorted(case))
            spread = RATINGS[1] - RATINGS[0] if settings.scale == "rating" else 1.0
            result.append(0.5 + (second - first) / (2 * spread))
    return result


def population(slots: Sequence[Slot], settings: RoundSettings) -> int | None:
    """How many points `in_order` will have in the end; None when there is nothing to decide."""
    drawn = [slot for slot in slots if slot.random]
    if settings.kind == "pair":
        return len(drawn)
    cases: dict[str, set[str]] = defaultdict(set)
    for slot in drawn:
        cases[slot.case_id].add(slot.competitors[0])
    if len({key for keys in cases.values() for key in keys}) != 2:
        return None
    return sum(len(keys) == 2 for keys in cases.values())


def single_figures(
    competitors: Sequence[Competitor],
    slots: Sequence[Slot],
    found: ByItem,
    settings: RoundSettings,
) -> list[SingleFigure]:
    """By competitor, the best mean first."""
    values: dict[str, list[float]] = defaultdict(list)
    for slot in slots:
        value = points(slot, found.get(slot.position, ()), settings)
        if value is not None:
            values[slot.competitors[0]].append(value)
    figures = [
        SingleFigure(one, interval_of(values[one.key], settings), len(values[one.key]))
        for one in competitors
    ]
    return sorted(figures, key=lambda one: -(one.interval.value if one.interval else -1.0))


def interval_of(values: Sequence[float], settings: RoundSettings) -> Interval | None:
    """The mean of items' numbers, with an interval that fits the scale."""
    if settings.kind == "single" and settings.scale == "rating":
        return mean_interval(values, limits=RATINGS)
    return pass_rate(values)


def pair_figure(
    competitors: Sequence[Competitor],
    slots: Sequence[Slot],
    found: ByItem,
    settings: RoundSettings,
) -> PairFigure:
    """Who won how many items."""
    counts: Counter[str] = Counter()
    values: list[float] = []
    for slot in slots:
        records = found.get(slot.position, ())
        value = points(slot, records, settings)
        if value is None:
            continue
        values.append(value)
        label = "same" if slot.identical else settled_label(records, settings)
        counts["undecided" if label is None else RESULTS[label]] += 1
        counts["both_bad"] += label == "both_bad"
    return PairFigure(
        competitors[0], competitors[1], counts["a"], counts["b"], counts["tie"],
        counts["both_bad"], sum(slot.identical for slot in slots), counts["undecided"],
        interval_of(values, settings),
    )  # fmt: skip


def splits(slots: Sequence[Slot], found: ByItem, settings: RoundSettings) -> list[int]:
    """Positions on which reviewers do not agree, those not settled yet first."""
    apart = [slot.position for slot in slots if is_split(found.get(slot.position, ()), settings)]
    return sorted(apart, key=lambda position: (_adjudicated(found[position]), position))


def _adjudicated(records: Sequence[ReviewRecord]) -> bool:
    return any(one.kind == "adjudication" for one in records)


def agreement(round_: ReviewRound, found: ByItem) -> Agreement:
    """How far reviewers agree with each other; adjudications are no second opinion."""
    settings, steps = round_.settings, is_steps(round_.settings)
    said = {
        position: {one.reviewer: label_of(one.judgement, settings)
                   for one in records if one.kind == "verdict"}
        for position, records in found.items()
    }  # fmt: skip
    together: dict[tuple[str, str], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for verdicts in said.values():
        for (one, mine), (other, theirs) in combinations(sorted(verdicts.items()), 2):
            both = together[one, other]
            both[0].append(mine)
            both[1].append(theirs)
    first = [label for both in together.values() for label in both[0]]
    second = [label for both in together.values() for label in both[1]]
    names = {name for verdicts in said.values() for name in verdicts}
    every = [label for verdicts in said.values() for label in verdicts.values()]
    shared = [verdicts for verdicts in said.values() if len(verdicts) > 1]
    kappa = None
    if first:
        kappa = _kappa([*first, *second], [*second, *first], steps=steps)
    return Agreement(
        items=len(shared),
        reviewers=len(names),
        verdicts=len(every),
        raw=_equal(first, second) if first else None,
        kappa=kappa,
        weighted=steps,
        # Who gave which label does not matter to alpha, only how often an item got it.
        alpha=krippendorff_alpha(
            [sorted(verdicts.values()) for verdicts in shared],
            "ordinal" if steps else "nominal",
            round_.seed,
        ),
        confusion=confusion([*first, *second], [*second, *first], labels(settings)),
        base_rates=base_rates(every),
        pairs=_rater_pairs(together, steps=steps),
    )


def _rater_pairs(
    together: Mapping[tuple[str, str], tuple[list[str], list[str]]], *, steps: bool
) -> list[RaterPair]:
    often = sorted(together.items(), key=lambda one: (-len(one[1][0]), one[0]))[:MOST_PAIRS]
    found = []
    for (one, other), (mine, theirs) in often:
        kappa = _kappa(mine, theirs, steps=steps) if len(mine) >= FEWEST_SHARED else None
        if kappa is not None:
            found.append(RaterPair(one, other, _equal(mine, theirs), kappa))
    return found


def _kappa(first: Sequence[str], second: Sequence[str], *, steps: bool) -> Kappa | None:
    if steps:
        return weighted_kappa([int(one) for one in first], [int(one) for one in second])
    return cohen_kappa(first, second)


def _equal(first: Sequence[str], second: Sequence[str]) -> float:
    return sum(one == other for one, other in zip(first, second, strict=True)) / len(first)


def reviewer_figures(
    records: Iterable[ReviewRecord], settings: RoundSettings
) -> list[ReviewerFigure]:
    """By reviewer, by name."""
    by_name: dict[str, list[ReviewRecord]] = defaultdict(list)
    for record in records:
        if record.kind != "adjudication":
            by_name[record.reviewer].append(record)
    return [_reviewer(name, by_name[name], settings) for name in sorted(by_name)]


def _reviewer(
    name: str, records: Sequence[ReviewRecord], settings: RoundSettings
) -> ReviewerFigure:
    verdicts = [one for one in records if one.kind == "verdict"]
    first = {one.position: label_of(one.judgement, settings) for one in verdicts if not one.repeat}
    again = {one.position: label_of(one.judgement, settings) for one in verdicts if one.repeat}
    twice = [first[position] == label for position, label in again.items() if position in first]
    seconds = [one.seconds for one in verdicts if one.seconds is not None]
    sides = [_side(one) for one in verdicts]
    named = [side for side in sides if side]
    return ReviewerFigure(
        name,
        len(first),
        sum(one.kind == "skip" for one in records),
        statistics.median(seconds) if seconds else None,
        len(twice),
        sum(twice) / len(twice) if twice else None,
        named.count("left") / len(named) if named else None,
    )


def _side(record: ReviewRecord) -> str:
    """The side for which a verdict was, as shown; empty for neither."""
    choice = record.judgement.choice
    if choice is None:
        return ""
    shown = TURNED[choice] if record.swapped else choice
    return {"left": "left", "slightly_left": "left",
            "right": "right", "slightly_right": "right"}.get(shown, "")  # fmt: skip


def reasons(
    slots: Sequence[Slot], found: ByItem, settings: RoundSettings
) -> dict[str, dict[str, int]]:
    """How often each chip was given, by competitor; of pairs under ""."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for position, records in found.items():
        key = "" if settings.kind == "pair" else slots[position].competitors[0]
        for record in records:
            if record.judgement.reasons:
                counted[key].update(record.judgement.reasons)
    return {key: dict(counts.most_common()) for key, counts in counted.items() if counts}


def reasons_told(found: ByItem) -> list[ReasonTold]:
    """Each reason with the comments beside it, the most frequent first, "" last."""
    counts: Counter[str] = Counter()
    said: dict[str, dict[str, None]] = defaultdict(dict)
    for records in found.values():
        for judgement in (one.judgement for one in records):
            comment = " ".join(judgement.comment.split())
            codes = judgement.reasons or (("",) if comment else ())
            counts.update(codes)
            for code in codes if comment else ():
                said[code][comment] = None
    ranked = sorted(counts.items(), key=lambda one: (not one[0], -one[1], one[0]))
    return [ReasonTold(code, count, tuple(said[code])) for code, count in ranked]
