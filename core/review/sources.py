"""Items of a round, from what there is: answers of an evaluation, a comparison, a dataset, runs.

Only first answers are taken, only those that came, and of pairs only cases that have both. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from core.errors import InvalidInput
from core.records.comparisons import Cell, ComparedInput
from core.records.datasets import KNOWN_FIELDS, Case
from core.records.evaluations import Battle, Response, ScoredResponse
from core.records.metrics import MetricInfo
from core.records.review import ItemDraft, ReviewAnswer, ReviewKind
from core.records.runs import Run

SHOWN = frozenset(("prompt", "instruction", "context"))
"""Of the fields with a meaning, those that a reviewer needs."""
HIDDEN = frozenset(KNOWN_FIELDS) - SHOWN
ANSWERED = frozenset(("ok", "truncated"))
INPUT = "input"


def check_choice(kind: ReviewKind, chosen: Sequence[str]) -> None:
    """InvalidInput unless so many of them can make a round."""
    if kind == "pair" and len(set(chosen)) != 2:
        raise InvalidInput("Choose the two that are to be compared.")
    if not chosen:
        raise InvalidInput("Choose whose answers are to be reviewed.")


def fields_of(case: Case, without: Iterable[str] = ()) -> dict[str, str]:
    """What a reviewer sees of a case: its variables; not the answers in it, nor the reference."""
    hidden = HIDDEN | set(without)
    return {name: text for name, text in case.fields.items() if name not in hidden and text}


def of_answers(
    kind: ReviewKind,
    cases: Sequence[Case],
    answers: Iterable[Response],
    chosen: Sequence[str],
    disagreement: Mapping[tuple[str, str], float],
) -> list[ItemDraft]:
    """Of an evaluation. `disagreement` is by case and candidate ("" of pairs)."""
    by_case: dict[str, dict[str, ReviewAnswer]] = defaultdict(dict)
    for one in answers:
        if not one.repeat and not one.error and one.text:
            by_case[one.case_id][one.candidate] = ReviewAnswer(one.candidate, one.text, one.run_id)
    items = []
    for case in cases:
        found = by_case.get(case.id, {})
        for group in _groups(kind, found, chosen):
            whose = "" if kind == "pair" else group[0].competitor
            items.append(
                ItemDraft(case.id, fields_of(case), group, case.reference,
                          disagreement.get((case.id, whose)))
            )  # fmt: skip
    return items


def of_columns(kind: ReviewKind, cases: Sequence[Case], columns: Sequence[str]) -> list[ItemDraft]:
    """Of answers that a dataset holds."""
    items = []
    for case in cases:
        found = {
            name: ReviewAnswer(name, case.fields[name]) for name in columns if case.fields.get(name)
        }
        items += [
            ItemDraft(case.id, fields_of(case, columns), group, case.reference)
            for group in _groups(kind, found, columns)
        ]
    return items


def of_cells(
    kind: ReviewKind,
    inputs: Sequence[ComparedInput],
    cells: Iterable[Cell],
    chosen: Sequence[str],
) -> list[ItemDraft]:
    """Of a comparison; the first answered cell of each column in each row.

    Rows that are all cases of one dataset version go by their case ids, so that verdicts and
    corrections find them there.
    """
    of_a_dataset = dataset_version_of(inputs) is not None
    by_row: dict[str, dict[str, ReviewAnswer]] = defaultdict(dict)
    for cell in sorted(cells, key=lambda one: one.repeat):
        if cell.run is not None and cell.run.reply.outcome in ANSWERED and cell.run.reply.text:
            by_row[cell.input_key].setdefault(
                cell.candidate_key,
                ReviewAnswer(cell.candidate_key, cell.run.reply.text, cell.run_id),
            )
    items = []
    for row in inputs:
        fields = dict(row.values) | ({INPUT: row.message} if row.message else {})
        case_id = row.case_id if of_a_dataset and row.case_id else row.key
        items += [
            ItemDraft(case_id, fields, group, row.reference)
            for group in _groups(kind, by_row.get(row.key, {}), chosen)
        ]
    return items


def dataset_version_of(inputs: Sequence[ComparedInput]) -> str | None:
    """The one dataset version whose cases all rows are; None when there is no such."""
    versions = {row.dataset_version_id if row.case_id else None for row in inputs}
    return versions.pop() if len(versions) == 1 else None


def of_runs(runs: Iterable[Run]) -> list[ItemDraft]:
    """Of the history: single answers, all under one name."""
    items = []
    for run in runs:
        if run.reply.outcome in ANSWERED and run.reply.text:
            said = "\n\n".join(part.text for turn in run.request.turns for part in turn.parts)
            fields = dict(run.context.values) or {INPUT: said}
            items.append(ItemDraft(run.id, fields, (ReviewAnswer(INPUT, run.reply.text, run.id),)))
    return items


def _groups(
    kind: ReviewKind, found: Mapping[str, ReviewAnswer], chosen: Sequence[str]
) -> list[tuple[ReviewAnswer, ...]]:
    there = [found[key] for key in chosen if key in found]
    if kind == "single":
        return [(answer,) for answer in there]
    return [tuple(there)] if len(there) == 2 else []


# -- where judges disagree --


def apart_on_singles(
    scores: Iterable[ScoredResponse], infos: Mapping[str, MetricInfo]
) -> dict[tuple[str, str], float]:
    """By case and candidate, how far the metrics with a scale are apart, each brought to 0..1."""
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in scores:
        info = infos.get(one.signature)
        if info is None or info.scale == "number" or one.repeat or one.score.value is None:
            continue
        low, high = info.low or 0.0, 1.0 if info.high is None else info.high
        share = (one.score.value - low) / (high - low) if high > low else 0.0
        values[one.case_id, one.candidate].append(1 - share if info.direction == "lower" else share)
    return {key: max(found) - min(found) for key, found in values.items() if len(found) > 1}


def apart_on_pairs(
    battles: Iterable[Battle], chosen: Sequence[str]
) -> dict[tuple[str, str], float]:
    """By case: 1 when judges name different winners or one of them changed with the order."""
    results: dict[str, set[str]] = defaultdict(set)
    unsure: dict[str, bool] = defaultdict(bool)
    for one in battles:
        if one.result is not None and {one.a, one.b} == set(chosen):
            flipped = one.a != chosen[0]
            result = {"a": "b", "b": "a"}.get(one.result, one.result) if flipped else one.result
            results[one.case_id].add(result)
            unsure[one.case_id] |= one.consistent is False
    return {
        (case_id, ""): 1.0 if {"a", "b"} <= found or unsure[case_id]
        else 0.5 if "tie" in found else 0.0
        for case_id, found in results.items()
    }  # fmt: skip
