"""What an optimization will take at most and what it can show, before it starts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.plan import (
    OUTPUT_TOKENS,
    RUBRIC_TOKENS,
    VERDICT_TOKENS,
    Called,
    approximate_tokens,
)
from core.lifecycle.pricing import cost
from core.optimization.heldout import smallest_gain
from core.optimization.search import BLOCK, FIRST
from core.optimization.selection import FEWEST
from core.records.catalogue import Price
from core.records.datasets import Case
from core.records.optimizations import OptimizationDraft
from core.records.runs import Usage

META_TOKENS = 2_500.0
PROPOSAL_TOKENS = 600.0
PROMPT_TOKENS = 300.0
OWN_S = 0.005
"""What a call takes besides its answer: it shows where answers come at once."""


@dataclass(frozen=True, slots=True)
class OptimizationEstimate:
    """About what a job takes. `calls` is all of them and never above the cap.

    `cost_usd` None: a model has no known price (`unpriced`). `smallest_gain` is the smallest true
    gain (0..1) that the test cases show in four jobs of five; None when there are too few.
    """

    calls: int
    target_calls: int
    judge_calls: int
    optimizer_calls: int
    cost_usd: float | None
    seconds: float
    tuning_cases: int
    tested: int
    smallest_gain: float | None
    unpriced: tuple[str, ...] = ()


def estimate(
    draft: OptimizationDraft,
    tuning: Sequence[Case],
    tested: int,
    judges: Mapping[str, int],
    models: Mapping[str, Called],
    optimizer: str,
) -> OptimizationEstimate:
    """`judges` counts the calls of each judge per answer. A job may well end earlier."""
    per_answer = 1 + sum(judges.values())
    final = 2 * tested * draft.repeats
    instructions = draft.steps if draft.mode != "demonstration" else 0
    sets = draft.demo_candidates if draft.mode != "instruction" else 0
    proposals = instructions * draft.candidates_per_step
    rows = len(tuning)
    # About half of the candidates are dropped after their first block.
    tries = (proposals + sets) * (min(rows, BLOCK) + max(0, rows - BLOCK) / FEWEST)
    answers = min(rows, FIRST) + FIRST / 2 + tries + 2 * rows + final
    room = draft.max_calls
    answers = min(answers, (room - min(room, proposals)) / per_answer)
    judged = {name: answers * count for name, count in judges.items()}
    counts = {draft.target_model: answers, optimizer: 0.0}
    for name, count in [*judged.items(), (optimizer, float(proposals))]:
        counts[name] = counts.get(name, 0.0) + count
    unpriced = tuple(sorted(one.model for one in models.values() if one.price is None))
    case_tokens = _mean_tokens(tuning)
    output = models[draft.target_model].output_tokens or OUTPUT_TOKENS
    total = answers * _one(models[draft.target_model].price, PROMPT_TOKENS + case_tokens, output)
    total += sum(
        count * _one(models[name].price, RUBRIC_TOKENS + case_tokens + output, VERDICT_TOKENS)
        for name, count in judged.items()
    )
    total += proposals * _one(models[optimizer].price, META_TOKENS, PROPOSAL_TOKENS)
    calls = min(room, round(answers * per_answer + proposals))
    return OptimizationEstimate(
        calls=calls,
        target_calls=round(answers),
        judge_calls=round(sum(judged.values())),
        optimizer_calls=proposals,
        cost_usd=None if unpriced else min(total, draft.max_usd),
        seconds=sum(
            counts.get(name, 0.0) * one.total_ms / 1000 / min(one.at_once, BLOCK)
            for name, one in models.items()
        )
        + OWN_S * calls,
        tuning_cases=rows,
        tested=tested,
        smallest_gain=smallest_gain(tested),
        unpriced=unpriced,
    )


def _one(price: Price | None, read: float, written: float) -> float:
    if price is None:
        return 0.0
    return cost(price, Usage(input=round(read), output=round(written))) or 0.0


def _mean_tokens(cases: Sequence[Case]) -> float:
    lengths = [approximate_tokens("".join(case.fields.values())) for case in cases]
    return sum(lengths) / len(lengths) if lengths else 0.0
