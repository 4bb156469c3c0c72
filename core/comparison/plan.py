"""What the cells of a comparison send, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from core.prompts.ad_hoc import with_input
from core.prompts.rendering import render_request
from core.prompts.template import normal_values, variables_of
from core.records.comparisons import Candidate, CellKey, ComparedInput, Comparison
from core.records.jobs import Unit
from core.records.models import ModelRef
from core.records.prompts import PromptSpec
from core.records.runs import Request


class Prepared(NamedTuple):
    """What a cell sends: the prompt with its values. `spec` may have a place for an ad-hoc input
    that the candidate's own has not."""

    spec: PromptSpec
    values: Mapping[str, str]


def cell_keys(comparison: Comparison) -> Iterator[CellKey]:
    """Every cell, row by row, so that the columns advance together; repeats come round by round."""
    for repeat in range(1, comparison.repeats + 1):
        for row in comparison.inputs:
            for candidate in comparison.candidates:
                yield CellKey(row.key, candidate.key, repeat)


def units(cells: Iterable[CellKey]) -> list[Unit]:
    """The cells as units of a job. A column is a lane: one that hangs does not hold the others."""
    return [
        Unit(str(cell), number, {"lane": cell.candidate_key})
        for number, cell in enumerate(cells, 1)
    ]


def prepared(candidate: Candidate, row: ComparedInput) -> Prepared:
    """The prompt and values of a cell. InvalidInput when two names of values are one."""
    values = normal_values(row.values)
    if row.message is None:
        return Prepared(candidate.spec, values)
    return Prepared(*with_input(candidate.spec, values, row.message))


def request_of(candidate: Candidate, row: ComparedInput) -> Request:
    """What a cell sends. Raises MissingVariables and InvalidInput, which are the cell's problem."""
    spec, values = prepared(candidate, row)
    return render_request(spec, values, ModelRef.parse(candidate.model, ""))


def lacking(
    candidates: Sequence[Candidate], inputs: Sequence[ComparedInput]
) -> Mapping[str, Sequence[str]]:
    """By key of a candidate: variables without a value in some row; to be told before a start."""
    found: dict[str, list[str]] = {}
    for candidate in candidates:
        missing: dict[str, None] = {}
        for row in inputs:
            spec, values = prepared(candidate, row)
            missing |= dict.fromkeys(n for n in variables_of(spec) if n not in values)
        if missing:
            found[candidate.key] = list(missing)
    return found
