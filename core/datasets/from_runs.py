"""Cases from what was asked: the values that went in, and the answer that came or should have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from core.records.comparisons import Comparison
from core.records.datasets import REFERENCE, Case
from core.records.runs import Run


def case_of(run: Run, *, answer: str = "response") -> Case:
    """The variables of the run, or its last message as `prompt` when it has none.

    The answer is kept as `response`, or as `reference` when somebody vouches for it. The id is
    the run's, so that adding it twice adds nothing.
    """
    fields = dict(run.context.values)
    if not fields:
        turns = [turn for turn in run.request.turns if turn.role == "user"]
        texts = [part.text for part in turns[-1].parts if part.text] if turns else []
        fields = {"prompt": "\n".join(texts)}
    if run.reply.outcome == "ok" and run.reply.text:
        fields[answer] = run.reply.text
    return Case(run.id, fields)


def cases_of(runs: Iterable[Run], *, as_reference: bool) -> list[Case]:
    """A case per run, in their order."""
    return [case_of(run, answer=REFERENCE if as_reference else "response") for run in runs]


def cases_of_inputs(comparison: Comparison) -> list[Case]:
    """A case per row that has any text, with its expected answer where it has one.

    A row that was a case keeps its id; any other gets one of the comparison's, so that adding it
    twice adds nothing.
    """
    cases = []
    for row in comparison.inputs:
        fields = dict(row.values)
        if row.message:
            fields["prompt"] = row.message
        if fields and row.reference is not None:
            fields[REFERENCE] = row.reference
        if fields:
            cases.append(Case(row.case_id or f"{comparison.id}/{row.key}", fields))
    return cases


def cases_of_corrections(told: Iterable[tuple[str, Mapping[str, str], str]]) -> list[Case]:
    """A case for each (id, fields, answer as it should have been); of one id the last counts."""
    return list(
        {id_: Case(id_, {**fields, REFERENCE: text}) for id_, fields, text in told}.values()
    )
