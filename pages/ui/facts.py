"""The strip of figures under an answer."""

from __future__ import annotations

import streamlit as st

from core.records.runs import MAYBE_BILLED, Outcome, Usage
from pages.ui.language import _


def money(usd: float | None) -> str:
    """US dollars with as many digits as tell something; a dash when unknown."""
    if usd is None:
        return "–"
    if usd == 0:
        return "$0"
    return f"${usd:.2f}" if usd >= 1 else f"${usd:.6f}".rstrip("0")


def seconds(milliseconds: float | None) -> str:
    """A time for reading; a dash when unknown."""
    if milliseconds is None:
        return "–"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def strip(
    usage: Usage,
    cost_usd: float | None,
    first_token_ms: float | None,
    total_ms: float | None,
    outcome: Outcome = "ok",
) -> None:
    """Time to first token, total time, tokens and cost in one line."""
    tokens = _("{input} tokens in, {output} out").format(
        input=_number(usage.input), output=_number(usage.output)
    )
    parts = [
        _("first token {time}").format(time=seconds(first_token_ms)),
        _("total {time}").format(time=seconds(total_ms)),
        tokens,
    ]
    if usage.thinking:
        parts.append(_("{count} thinking").format(count=_number(usage.thinking)))
    if usage.cached:
        parts.append(_("{count} cached").format(count=_number(usage.cached)))
    most = outcome in MAYBE_BILLED and cost_usd
    told = _("cost at most {cost}") if most else _("cost {cost}")
    parts.append(told.format(cost=money(cost_usd)))
    st.caption(" · ".join(parts).replace("$", "\\$"))


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
