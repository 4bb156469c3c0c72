"""Answers of an evaluation with what was said of them, as examples for a rewriting. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from core.optimization.parts import input_of
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import CaseDetail, Response, ScoredResponse
from core.records.optimizations import Feedback

ExampleKind = Literal["rubrics", "expected"]
"""What tells right from wrong: a judge's verdicts on questions, or the expected answer."""
KINDS: tuple[ExampleKind, ...] = ("rubrics", "expected")
MOST_EXAMPLES = 30


def rated(
    details: Iterable[CaseDetail], candidate: Candidate, allowed: Collection[str]
) -> dict[ExampleKind, list[Feedback]]:
    """A candidate's answers to the `allowed` cases by kind, wrong ones first; no empty kind.

    Only the first answer to a case counts, and none that failed.
    """
    found: dict[ExampleKind, list[Feedback]] = {kind: [] for kind in KINDS}
    for one in details:
        answer = next((one for one in one.answers if one.candidate == candidate.key
                       and not one.repeat and not one.error), None)  # fmt: skip
        if answer is None or one.case.id not in allowed:
            continue
        by_rubrics = _by_rubrics(one.case, candidate, answer, one.scores)
        if by_rubrics is not None:
            found["rubrics"].append(by_rubrics)
        if (one.case.reference or "").strip():
            found["expected"].append(Feedback(
                input=input_of(one.case, candidate.spec), response=answer.text,
                expected=one.case.reference or ""))  # fmt: skip
    return {
        kind: sorted(some, key=lambda one: one.is_fine)[:MOST_EXAMPLES]
        for kind, some in found.items()
        if some
    }


def _by_rubrics(
    case: Case, candidate: Candidate, answer: Response, scores: Iterable[ScoredResponse]
) -> Feedback | None:
    questions = [
        (str(asked["text"]), bool(asked["verdict"]))
        for one in scores
        if (one.candidate, one.repeat) == (answer.candidate, answer.repeat)
        for asked in one.score.details.get("questions", ())
        if asked.get("verdict") is not None
    ]
    if not questions:
        return None
    return Feedback(input=input_of(case, candidate.spec), response=answer.text,
                    rubrics=tuple(dict(questions).items()))  # fmt: skip
