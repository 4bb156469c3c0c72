"""What calls cost. Pure."""

from __future__ import annotations

from core.records.catalogue import Price
from core.records.runs import Usage

MILLION = 1_000_000


def cost(price: Price, usage: Usage) -> float | None:
    """US dollars; thinking tokens cost as output, cached input has its own price.

    None when the service did not count: unknown is not free.
    """
    if usage.input is None and usage.output is None:
        return None
    cached = min(usage.cached or 0, usage.input or 0)
    fresh = (usage.input or 0) - cached + (usage.tool or 0)
    cached_price = price.input if price.cached_input is None else price.cached_input
    output = (usage.output or 0) + (usage.thinking or 0)
    return (fresh * price.input + cached * cached_price + output * price.output) / MILLION


def worst_case(price: Price, input_tokens: int, output_cap: int) -> float:
    """US dollars that a call can cost at most."""
    dearest_input = max(price.input, price.cached_input or 0.0)
    return (input_tokens * dearest_input + output_cap * price.output) / MILLION
