"""What calls cost. Pure."""

from __future__ import annotations

from dataclasses import replace

from core.records.catalogue import Price
from core.records.runs import Usage

MILLION = 1_000_000
BATCH_FACTOR = 0.5
"""What the batch API costs of the standard price: "priced at 50% less than the standard rate"
(https://developers.googleblog.com/scale-your-ai-workloads-batch-mode-gemini-api, July 2025).
Cached input keeps its own price: nothing says that it is halved too."""


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


def batch_price(price: Price) -> Price:
    """The price of the same tokens through the batch API."""
    return replace(price, input=price.input * BATCH_FACTOR, output=price.output * BATCH_FACTOR)
