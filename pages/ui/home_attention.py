"""What the home page lists: retirements, price changes, interrupted calls, connections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import streamlit as st

from core.records.models import ModelRef
from core.records.runs import RunFilter, RunSummary
from pages.ui import badges
from pages.ui.facts import money
from pages.ui.language import _
from pages.ui.resources import workbench
from pages.ui.text import label

SOON_DAYS = 90


def simulated_note() -> None:
    """Says that nothing here is a language model yet, and the one step that changes it."""
    bench = workbench()
    if not bench.connections["gemini"].live and not bench.connections["platform"].live:
        st.info(
            _("Only the sandbox is connected: its answers are **simulated** by fixed rules, not by "
              "a language model. Set `GEMINI_API_KEY` and start again to use real Gemini."),
            icon=":material/science:",
        )  # fmt: skip


def latest_runs(limit: int = 5) -> Sequence[RunSummary]:
    """The newest runs."""
    return workbench().history.page(RunFilter(), limit=limit).items


def attention() -> None:
    """Everything that somebody should look at, or a word that there is nothing."""
    found = [*interrupted(), *models()]
    if not found:
        st.success(_("Nothing right now."))
    for level, text in found:
        (st.warning if level == "warning" else st.info)(text)


def interrupted() -> Iterator[tuple[str, str]]:
    """Calls that a dead process left behind."""
    left = workbench().interrupted
    if left.runs:
        yield (
            "warning",
            _("When the workbench ended last time, {count} calls were under way. They may have "
              "been paid, at most {usd}. The history shows them.").format(
                count=left.runs, usd=money(left.at_most_usd).replace("$", "\\$")
            ),
        )  # fmt: skip


def models() -> Iterator[tuple[str, str]]:
    """Retirements and price changes of models in use."""
    bench = workbench()
    now = datetime.now(UTC)
    used = {ModelRef(connection, model) for connection, model in bench.store.runs.models()}
    for ref in sorted(used, key=str):
        info = bench.catalogue.info(ref, now)
        name = label(f"{badges.SURFACES.get(ref.surface, ref.surface)} · {ref.model}")
        if info.ends_on is not None and (info.ends_on - now.date()).days <= SOON_DAYS:
            successor = label(info.successor.model) if info.successor else "–"
            text = _("**{model}** {fate}, in {days} days. Successor: {successor}.")
            if info.stage == "retired":
                text = _("**{model}** {fate}. Successor: {successor}.")
            yield (
                "warning",
                text.format(
                    model=name, fate=badges.fate(info), days=(info.ends_on - now.date()).days,
                    successor=successor,
                ),
            )  # fmt: skip
        elif info.reroutes_to is not None:
            yield (
                "warning",
                _("**{model}** is answered by {other} by now.").format(
                    model=name, other=label(info.reroutes_to.model)
                ),
            )
        later = bench.catalogue.next_price(ref.surface, ref.model, now)
        price = bench.catalogue.price(ref.surface, ref.model, now)
        if later is not None and price is not None and later.valid_from is not None:
            yield (
                "info",
                _("**{model}** costs {times}× as much from {date} on.").format(
                    model=name, times=f"{later.input / price.input:g}", date=later.valid_from.date()
                ),
            )
