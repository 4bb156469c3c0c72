"""What a comparison costs at most, before it is run. Pure but for the price table it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.comparison.plan import request_of
from core.engine.limits import Limits
from core.engine.request import most_input_tokens
from core.errors import WorkbenchError
from core.lifecycle.pricing import worst_case
from core.records.catalogue import Price
from core.records.comparisons import Candidate, ComparedInput
from core.records.runs import Request

Prices = Callable[[Request], Price | None]


@dataclass(frozen=True, slots=True)
class Estimate:
    """`most_usd` is for the calls whose price is known; `unpriced` names the models of the others.

    `unready` counts cells that cannot be sent as they are; they are not among the `calls`.
    """

    calls: int
    most_usd: float
    unpriced: tuple[str, ...] = ()
    unready: int = 0


def estimate(
    candidates: Sequence[Candidate],
    inputs: Sequence[ComparedInput],
    repeats: int,
    prices: Prices,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Estimate:
    """Every call at its longest: all of the input, an answer up to the limit."""
    calls, unready, most = 0, 0, 0.0
    unpriced: dict[str, None] = {}
    for candidate in candidates:
        for row in inputs:
            try:
                request = request_of(candidate, row)
            except WorkbenchError:
                unready += 1
                continue
            calls += repeats
            price = prices(request)
            if price is None:
                unpriced[candidate.model] = None
                continue
            output = request.parameters.max_output_tokens or limits.output_tokens
            most += repeats * worst_case(price, most_input_tokens(request), output)
    return Estimate(calls, most, tuple(unpriced), unready)
