"""A judge against people, and what few labels and many scores say together. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.evaluation.agreement import (
    FEWEST_LABELS,
    base_rates,
    cohen_kappa,
    confusion,
    krippendorff_alpha,
    weighted_kappa,
)
from core.evaluation.ppi import ppi_mean
from core.records.evaluations import Battle, ScoredResponse
from core.records.metrics import MetricInfo
from core.records.review import Competitor, ReviewRecord, RoundSettings, Slot
from core.review.figures import ByItem, interval_of
from core.review.judging import points, settled_label
from core.review.outcome import Calibration, Disagreement, Estimate

MOST_DISAGREEMENTS = 200
_FROM_RESULT = {"a": "first", "b": "second", "tie": "same"}
_RESULT_POINTS = {"a": 0.0, "b": 1.0, "tie": 0.5}


class Place(NamedTuple):
    """A case, and whose answer; of a pair the competitor is empty."""

    case_id: str
    competitor: str


@dataclass(frozen=True, slots=True)
class Told:
    """What people, or a judge, say of a place: a label (None: they are split), and a number."""

    label: str | None
    number: float
    reasons: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything one metric says; `info` tells its scale."""

    metric: str
    signature: str
    info: MetricInfo
    told: Mapping[Place, Told]


# -- what people say --


def people(
    slots: Sequence[Slot], found: ByItem, settings: RoundSettings, *, only_random: bool = False
) -> dict[Place, Told]:
    """Every item with a verdict. `only_random`: those of the random sample."""
    said = {}
    for slot in slots:
        records = found.get(slot.position, ())
        number = points(slot, records, settings)
        if number is None or (only_random and not slot.random):
            continue
        label = "same" if slot.identical else settled_label(records, settings)
        said[place_of(slot, settings)] = Told(label, number, *_why(records))
    return said


def place_of(slot: Slot, settings: RoundSettings) -> Place:
    """Where scores for the item are found."""
    return Place(slot.case_id, "" if settings.kind == "pair" else slot.competitors[0])


def _why(records: Sequence[ReviewRecord]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    chips = dict.fromkeys(code for one in records for code in one.judgement.reasons)
    comments = tuple(one.judgement.comment for one in records if one.judgement.comment)
    return tuple(chips), comments


# -- what judges say --


def judged_singles(
    scores: Iterable[ScoredResponse], infos: Mapping[str, MetricInfo]
) -> list[Judged]:
    """First answers by metric; measurements without a scale (cost, length) are no opinion."""
    by_signature: dict[str, dict[Place, Told]] = defaultdict(dict)
    names = {}
    for one in scores:
        info = infos.get(one.signature)
        if info is None or info.scale == "number" or one.repeat or one.score.value is None:
            continue
        names[one.signature] = one.metric
        reasons = (one.score.reason,) if one.score.reason else ()
        by_signature[one.signature][Place(one.case_id, one.candidate)] = Told(
            None, one.score.value, reasons
        )
    return [Judged(names[s], s, infos[s], told) for s, told in sorted(by_signature.items())]


def judged_pairs(battles: Iterable[Battle], first: str, second: str) -> list[Judged]:
    """Battles of the pair by signature, from the side of `first`."""
    by_signature: dict[str, dict[Place, Told]] = defaultdict(dict)
    names = {}
    for one in battles:
        if one.result is None or one.repeat or {one.a, one.b} != {first, second}:
            continue
        result = one.result
        if one.a == second and result != "tie":
            result = "b" if result == "a" else "a"
        names[one.signature] = one.metric
        reasons = (one.reason,) if one.reason else ()
        by_signature[one.signature][Place(one.case_id, "")] = Told(
            _FROM_RESULT[result], _RESULT_POINTS[result], reasons
        )
    return [
        Judged(names[s], s, MetricInfo(names[s], s), told)
        for s, told in sorted(by_signature.items())
    ]


# -- against each other --


def calibration(
    said: Mapping[Place, Told],
    judged: Judged,
    settings: RoundSettings,
    slice_: str = "",
    cases: frozenset[str] | None = None,
) -> Calibration | None:
    """On the places that both know, of some cases or of all; None when there is none."""
    both = [
        (place, told, judged.told[place])
        for place, told in said.items()
        if told.label is not None
        and place in judged.told
        and (cases is None or place.case_id in cases)
    ]
    if not both:
        return None
    steps = _both_steps(settings, judged.info)
    pairs = [
        (_human_label(told, settings, steps=steps),
         _judge_label(theirs, judged.info, settings, steps=steps))
        for _, told, theirs in both
    ]  # fmt: skip
    first, second = [one for one, _ in pairs], [other for _, other in pairs]
    if steps:
        kappa = weighted_kappa([int(one) for one in first], [int(one) for one in second])
    else:
        kappa = cohen_kappa(first, second)
    apart = [
        (abs(told.number - theirs.number), _disagreement(place, told, theirs, human, judge))
        for (place, told, theirs), (human, judge) in zip(both, pairs, strict=True)
        if human != judge
    ]
    apart.sort(key=lambda one: (-one[0], one[1].case_id))
    numbers = [told.number for _, told, _ in both], [theirs.number for *_, theirs in both]
    return Calibration(
        metric=judged.metric,
        signature=judged.signature,
        slice=slice_,
        n=len(both),
        calibrated=len(both) >= FEWEST_LABELS,
        kappa=kappa,
        weighted=steps,
        alpha=krippendorff_alpha(pairs, "ordinal" if steps else "nominal", seed=0),
        confusion=confusion(first, second),
        human_rates=base_rates(first),
        judge_rates=base_rates(second),
        spearman=None if settings.kind == "pair" else spearman(*numbers),
        human_mean=float(np.mean(numbers[0])),
        judge_mean=float(np.mean(numbers[1])),
        disagreements=[one for _, one in apart[:MOST_DISAGREEMENTS]],
    )


def _both_steps(settings: RoundSettings, info: MetricInfo) -> bool:
    return settings.kind == "single" and settings.scale == "rating" and info.scale == "rating"


def _human_label(told: Told, settings: RoundSettings, *, steps: bool) -> str:
    label = told.label or ""
    if settings.kind == "pair":
        # A judge has no word for "both bad".
        return "same" if label == "both_bad" else label
    if steps:
        return label
    return "pass" if told.number > (3 if settings.scale == "rating" else 0.5) else "fail"


def _judge_label(told: Told, info: MetricInfo, settings: RoundSettings, *, steps: bool) -> str:
    """In the words of the human labels. Scales that differ meet at pass and fail.

    The upper half of a scale passes; of shares a half does too, as a rubric half fulfilled.
    """
    if settings.kind == "pair":
        return told.label or ""
    if steps:
        return str(round(told.number))
    low, high = info.low or 0.0, 1.0 if info.high is None else info.high
    half = (low + high) / 2
    if info.direction == "lower":
        return "pass" if told.number < half else "fail"
    passes = told.number > half or (info.scale == "share" and told.number == half)
    return "pass" if passes else "fail"


def _disagreement(place: Place, told: Told, theirs: Told, human: str, judge: str) -> Disagreement:
    return Disagreement(
        place.case_id, place.competitor, human, judge, told.reasons, told.comments,
        theirs.reasons[0] if theirs.reasons else "",
    )  # fmt: skip


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Correlation of ranks, ties by their middle; None when either does not vary."""
    one, other = _ranks(first), _ranks(second)
    if one.std() == 0 or other.std() == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _ranks(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    _, place, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks: np.ndarray[tuple[int], np.dtype[np.float64]] = middle[place]
    return ranks


# -- together --


def estimate(
    competitor: Competitor,
    said: Mapping[Place, Told],
    judged: Judged,
    settings: RoundSettings,
) -> Estimate | None:
    """What people would say of all places that the judge knows. `said` is a random sample's.

    None when no place has both.
    """
    whose = "" if settings.kind == "pair" else competitor.key
    both = [
        (told.number, judged.told[place].number)
        for place, told in said.items()
        if place.competitor == whose and place in judged.told
    ]
    if not both:
        return None
    elsewhere = [
        theirs.number
        for place, theirs in judged.told.items()
        if place.competitor == whose and place not in said
    ]
    human = [one for one, _ in both]
    return Estimate(
        competitor,
        judged.metric,
        judged.signature,
        ppi_mean(human, [other for _, other in both], elsewhere),
        interval_of(human, settings),
        usable=len(both) > 1,
    )
