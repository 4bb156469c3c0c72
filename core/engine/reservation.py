"""What a call must be able to cost before it is sent."""

from __future__ import annotations

from core.engine.request import most_input_tokens
from core.errors import OverBudget
from core.lifecycle.pricing import worst_case
from core.records.budget import Cap
from core.records.catalogue import Price
from core.records.runs import Request


def reservation(
    request: Request, price: Price | None, caps: tuple[Cap, ...], output_tokens: int
) -> float:
    """The most that the call can cost, in dollars; `output_tokens` where it sets no limit.

    OverBudget when that cannot be known but must be.
    """
    if price is None:
        if caps:
            raise OverBudget(
                "No price is known for {model}, so the spending cap cannot be kept. Add its "
                "price to the catalogue, or choose another model.",
                model=f"{request.connection}:{request.model}",
            )
        return 0.0
    output = request.parameters.max_output_tokens or output_tokens
    output *= max(1, request.parameters.candidate_count or 1)
    return worst_case(price, most_input_tokens(request), output)
