"""What a round found, read from the store: figures, calibration, estimates, feedback, battles."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from core.records.datasets import ALL_CASES, Case
from core.records.evaluations import Battle
from core.records.review import ReviewItem, ReviewRecord, ReviewRound, Slot
from core.review import calibrating, figures
from core.review.calibrating import Judged
from core.review.judging import RESULTS, label_of, settled_label
from core.review.outcome import (
    Calibration,
    Estimate,
    Feedback,
    ReasonTold,
    RoundResults,
    SplitItem,
)

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.evaluation.evaluations import Evaluations
    from core.review.desks import Desks
    from core.store import Store

MOST_SPLITS = 200
MOST_SLICES = 20
KEPT = 8
IDENTICAL = "identical answers"


class Findings:
    """Reads; it keeps nothing but the battles of closed rounds in memory. Thread-safe."""

    def __init__(
        self,
        store: Store,
        datasets: Datasets,
        evaluations: Callable[[], Evaluations],
        desks: Desks,
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._evaluations = evaluations
        self._desks = desks
        self._results: dict[str, tuple[object, RoundResults]] = {}
        self._battles: OrderedDict[tuple[str, object, int], Sequence[Battle]] = OrderedDict()

    def results(self, round_: ReviewRound) -> RoundResults:
        """Figures, agreement, reviewers, splits; kept until somebody says more."""
        changes = self._desks.of(round_.id).queue.changes
        known = self._results.get(round_.id)
        if known is not None and known[0] == (round_, changes):
            return known[1]
        found = self._worked_out(round_)
        while len(self._results) >= KEPT:
            self._results.popitem()
        self._results[round_.id] = ((round_, changes), found)
        return found

    def _worked_out(self, round_: ReviewRound) -> RoundResults:
        settings, slots = round_.settings, self._slots(round_)
        records = self._desks.records(round_.id)
        found = figures.by_item(records)
        pair = settings.kind == "pair"
        verdicts = [one for one in records if one.kind != "skip"]
        return RoundResults(
            round=round_,
            singles=[] if pair
            else figures.single_figures(round_.competitors, slots, found, settings),
            pair=figures.pair_figure(round_.competitors, slots, found, settings) if pair else None,
            agreement=figures.agreement(round_, found),
            reviewers=figures.reviewer_figures(records, settings),
            splits=self._splits(round_, slots, found),
            reasons=figures.reasons(slots, found, settings),
            comments=sum(bool(one.judgement.comment) for one in verdicts),
            corrections=sum(bool(one.judgement.correction) for one in verdicts),
        )  # fmt: skip

    def _slots(self, round_: ReviewRound) -> Sequence[Slot]:
        return self._desks.of(round_.id).queue.slots

    def _splits(
        self, round_: ReviewRound, slots: Sequence[Slot], found: figures.ByItem
    ) -> list[SplitItem]:
        apart = figures.splits(slots, found, round_.settings)[:MOST_SPLITS]
        items = {one.slot.position: one for one in self._store.review.items(round_.id, apart)}
        return [
            SplitItem(
                items[position],
                [one for one in found[position] if one.kind == "verdict"],
                next((one for one in found[position] if one.kind == "adjudication"), None),
            )
            for position in apart
        ]

    # -- judges --

    def calibration(self, round_: ReviewRound, column: str) -> Sequence[Calibration]:
        """Every judge against people, whole first, then by the values of a column."""
        slots = self._slots(round_)
        found = figures.by_item(self._desks.records(round_.id))
        said = calibrating.people(slots, found, round_.settings)
        slices = self._slices(round_, column, {place.case_id for place in said})
        calibrations = []
        for judged in self._judged(round_, sorted({place.case_id for place in said})):
            for name, cases in ({"": None} | slices).items():
                one = calibrating.calibration(said, judged, round_.settings, name, cases)
                if one is not None:
                    calibrations.append(one)
        return calibrations

    def _slices(
        self, round_: ReviewRound, column: str, wanted: set[str]
    ) -> dict[str, frozenset[str] | None]:
        """Cases by the value of a column, the most frequent values first."""
        if not column or round_.source.dataset_version_id is None:
            return {}
        by_value: dict[str, set[str]] = {}
        for case in self._cases(round_):
            if case.id in wanted and case.fields.get(column):
                by_value.setdefault(case.fields[column], set()).add(case.id)
        often = sorted(by_value.items(), key=lambda one: (-len(one[1]), one[0]))
        return {value: frozenset(cases) for value, cases in often[:MOST_SLICES]}

    def _cases(self, round_: ReviewRound) -> Sequence[Case]:
        if round_.source.kind == "evaluation":
            return self._evaluations().table(round_.source.id).cases
        return self._datasets.cases(str(round_.source.dataset_version_id), ALL_CASES)

    def _judged(self, round_: ReviewRound, cases: Sequence[str] | None) -> list[Judged]:
        """What metrics and judges say, on some cases or on all of the evaluation."""
        if round_.source.kind != "evaluation":
            return []
        if round_.settings.kind == "pair":
            first, second = (one.key for one in round_.competitors)
            battles = self._store.evaluations.battles(round_.source.id, cases)
            return calibrating.judged_pairs(battles, first, second)
        table = self._evaluations().table(round_.source.id)
        wanted = [case.id for case in table.cases] if cases is None else cases
        scores = self._store.scores.of_cases(round_.source.id, wanted)
        return calibrating.judged_singles(scores, table.infos)

    def estimates(self, round_: ReviewRound) -> Sequence[Estimate]:
        """What people would say of all cases, by metric and competitor."""
        slots, settings = self._slots(round_), round_.settings
        found = figures.by_item(self._desks.records(round_.id))
        said = calibrating.people(slots, found, settings, only_random=True)
        pair = settings.kind == "pair"
        # Of a pair the figure is the second one's share of wins.
        whose = round_.competitors[1:2] if pair else round_.competitors
        estimates = []
        for judged in self._judged(round_, None):
            for competitor in whose:
                one = calibrating.estimate(competitor, said, judged, settings)
                if one is not None:
                    estimates.append(one)
        return estimates

    # -- what goes on to others --

    def rows(self, round_: ReviewRound) -> Iterator[tuple[ReviewItem, ReviewRecord]]:
        """Every record that holds, with its item, item by item."""
        by_position: dict[int, list[ReviewRecord]] = {}
        for record in self._desks.records(round_.id):
            by_position.setdefault(record.position, []).append(record)
        for item in self._store.review.items(round_.id):
            for record in by_position.get(item.slot.position, ()):
                yield item, record

    def feedback(self, round_: ReviewRound) -> Iterator[Feedback]:
        """Answers of which somebody said more than a verdict."""
        settings = round_.settings
        found = figures.by_item(self._desks.records(round_.id))
        telling = [
            position
            for position, records in found.items()
            if any(_says_more(one) for one in records)
        ]
        for item in self._store.review.items(round_.id, sorted(telling)):
            records = found[item.slot.position]
            label = settled_label(records, settings)
            for place, answer in enumerate(item.draft.answers):
                yield Feedback(
                    item.slot.case_id,
                    item.draft.fields,
                    answer.competitor,
                    answer.text,
                    label or "" if settings.kind == "single" else _of_side(label, place),
                    tuple(dict.fromkeys(r for one in records for r in one.judgement.reasons)),
                    tuple(one.judgement.comment for one in records if one.judgement.comment),
                    tuple(one.judgement.correction for one in records if one.judgement.correction),
                    _passages(records, place, answer.text),
                )

    def reasons(self, round_: ReviewRound) -> Sequence[ReasonTold]:
        """Each reason with how often it was given and the comments beside it."""
        return figures.reasons_told(figures.by_item(self._desks.records(round_.id)))

    def corrections(self, round_: ReviewRound) -> Mapping[str, str]:
        """The answer as it should have been, by case; an adjudicator's word is the last."""
        slots = self._slots(round_)
        records = self._desks.records(round_.id)
        told = [one for one in records if one.judgement.correction.strip() and one.kind != "skip"]
        told.sort(key=lambda one: (one.kind == "adjudication", one.id))
        return {slots[one.position].case_id: one.judgement.correction for one in told}

    def battles(self, version_id: str) -> list[Battle]:
        """People's verdicts of closed rounds on a dataset version, between leaderboard entries."""
        found: list[Battle] = []
        for round_ in self._store.review.closed_on(version_id):
            if round_.settings.kind == "pair" and all(one.entry for one in round_.competitors):
                found += self._round_battles(round_)
        return found

    def _round_battles(self, round_: ReviewRound) -> Sequence[Battle]:
        key = (round_.id, round_.changed_at, self._desks.of(round_.id).queue.changes)
        known = self._battles.get(key)
        if known is None:
            records = figures.by_item(self._desks.records(round_.id))
            known = list(_battles(round_, self._slots(round_), records))
            self._battles[key] = known
            while len(self._battles) > KEPT:
                self._battles.popitem(last=False)
        return known


def _battles(round_: ReviewRound, slots: Sequence[Slot], found: figures.ByItem) -> Iterator[Battle]:
    first, second = (one.entry for one in round_.competitors)
    for slot in slots:
        if slot.identical:
            yield Battle(slot.case_id, first, second, "tie", IDENTICAL)
        records = found.get(slot.position, ())
        settled = [one for one in records if one.kind == "adjudication"]
        for one in settled or records:
            result = RESULTS[label_of(one.judgement, round_.settings)]
            yield Battle(
                slot.case_id, first, second, result, one.reviewer, reason=one.judgement.comment
            )


def _says_more(record: ReviewRecord) -> bool:
    judgement = record.judgement
    return bool(
        judgement.reasons or judgement.comment or judgement.correction or judgement.highlights
    )


def _passages(records: Sequence[ReviewRecord], place: int, text: str) -> tuple[str, ...]:
    """What was marked in the item's answer at this place, each once."""
    marked = (one for record in records for one in record.judgement.highlights)
    found = (text[one.start : one.end].strip() for one in marked if one.answer == place)
    return tuple(dict.fromkeys(one for one in found if one))


def _of_side(label: str | None, place: int) -> str:
    """What a pair's label says of its first (0) or second answer."""
    if label in (None, "same", "both_bad"):
        return label or ""
    return "better" if (label == "first") == (place == 0) else "worse"
