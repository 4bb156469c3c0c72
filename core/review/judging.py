"""What a judgement says: turned to the order of the item, as a label, as a number. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import InvalidInput
from core.records.comparisons import CHOICES, Choice
from core.records.evaluations import BattleResult
from core.records.review import RATINGS, Judgement, ReviewRecord, RoundSettings, Slot

MOST_TEXT = 20_000
MOST_HIGHLIGHTS = 100
TURNED: Mapping[Choice, Choice] = {
    "left": "right",
    "slightly_left": "slightly_right",
    "same": "same",
    "slightly_right": "slightly_left",
    "right": "left",
    "both_bad": "both_bad",
}
LABELS: Mapping[Choice, str] = {
    "left": "first",
    "slightly_left": "first",
    "same": "same",
    "slightly_right": "second",
    "right": "second",
    "both_bad": "both_bad",
}
"""A slight preference counts as one: how far apart two answers are is not measured."""
PAIR_LABELS = ("first", "same", "second", "both_bad")
RESULTS: Mapping[str, BattleResult] = {
    "first": "a", "second": "b", "same": "tie", "both_bad": "tie",
}  # fmt: skip
POINTS: Mapping[str, float] = {"first": 0.0, "second": 1.0, "same": 0.5, "both_bad": 0.5}
"""Of the second answer."""


def turned(judgement: Judgement, swapped: bool) -> Judgement:
    """From the sides as shown to the order of the item, or back."""
    if not swapped:
        return judgement
    return replace(
        judgement,
        choice=None if judgement.choice is None else TURNED[judgement.choice],
        highlights=tuple(replace(one, answer=1 - one.answer) for one in judgement.highlights),
    )


def check(judgement: Judgement, settings: RoundSettings, answers: Sequence[str]) -> None:
    """InvalidInput unless the judgement is of the round's kind, about these answers."""
    if settings.kind == "pair":
        if judgement.choice not in CHOICES:
            raise InvalidInput("Choose which answer is better, or that they are the same.")
    elif settings.scale == "rubric":
        if set(judgement.lines) != {line.key for line in settings.rubric} or not set(
            judgement.lines.values()
        ) <= {0, 1}:
            raise InvalidInput("Say yes or no to each line.")
    elif judgement.value not in (RATINGS if settings.scale == "rating" else (0, 1)):
        raise InvalidInput("Choose one of the values that are shown.")
    texts = (judgement.comment, judgement.correction, *judgement.reasons,
             *(one.note for one in judgement.highlights))  # fmt: skip
    if any(len(text) > MOST_TEXT for text in texts):
        raise InvalidInput("Write up to {most} characters.", most=f"{MOST_TEXT:,}")
    if len(judgement.highlights) > MOST_HIGHLIGHTS or len(judgement.reasons) > MOST_HIGHLIGHTS:
        raise InvalidInput("Mark up to {most} passages.", most=MOST_HIGHLIGHTS)
    for one in judgement.highlights:
        known = 0 <= one.answer < len(answers)
        if not known or not 0 <= one.start < one.end <= len(answers[one.answer]):
            raise InvalidInput("The marked passage is not in the answer. Mark it again.")


def label_of(judgement: Judgement, settings: RoundSettings) -> str:
    """The judgement as one of few names, for counting who says the same."""
    if settings.kind == "pair":
        return LABELS[judgement.choice or "same"]
    if settings.scale == "rubric":
        return str(sum(judgement.lines.values()))
    return str(judgement.value)


def labels(settings: RoundSettings) -> tuple[str, ...]:
    """Every label, in order."""
    if settings.kind == "pair":
        return PAIR_LABELS
    if settings.scale == "rubric":
        return tuple(str(n) for n in range(len(settings.rubric) + 1))
    return tuple(map(str, RATINGS)) if settings.scale == "rating" else ("0", "1")


def is_steps(settings: RoundSettings) -> bool:
    """Whether labels have an order, so that near misses are better than far ones."""
    return settings.kind == "single" and settings.scale != "pass_fail"


def number_of(label: str, settings: RoundSettings) -> float:
    """A label as the number that figures are means of.

    Of a pair the points of the second answer; of a rubric the share of its lines.
    """
    if settings.kind == "pair":
        return POINTS[label]
    if settings.scale == "rubric":
        return int(label) / max(len(settings.rubric), 1)
    return float(label)


def settled_label(records: Sequence[ReviewRecord], settings: RoundSettings) -> str | None:
    """What people say of an item: what was adjudicated, else what most say. None: they are split.

    Of labels in steps the median holds. Three ways apart, or one against one, nothing does.
    """
    for record in records:
        if record.kind == "adjudication":
            return label_of(record.judgement, settings)
    said = [label_of(one.judgement, settings) for one in records]
    if not said:
        return None
    if is_steps(settings):
        # The lower of two medians: nobody said what lies between them.
        return sorted(said, key=int)[(len(said) - 1) // 2]
    (best, most), *others = Counter(said).most_common()
    return None if any(count == most for _, count in others) else best


def is_split(records: Sequence[ReviewRecord], settings: RoundSettings) -> bool:
    """Whether the verdicts differ: any two names, or steps that are two apart or more."""
    said = {label_of(one.judgement, settings) for one in records if one.kind == "verdict"}
    if is_steps(settings) and said:
        numbers = [int(one) for one in said]
        return max(numbers) - min(numbers) > 1
    return len(said) > 1


def points(slot: Slot, records: Sequence[ReviewRecord], settings: RoundSettings) -> float | None:
    """An item as a number: what was adjudicated, else the mean of its verdicts; None for none."""
    if slot.identical:
        return 0.5
    for record in records:
        if record.kind == "adjudication":
            return number_of(label_of(record.judgement, settings), settings)
    if not records:
        return None
    said = [number_of(label_of(one.judgement, settings), settings) for one in records]
    return sum(said) / len(said)
