"""What needs attention: calls that may have been paid, models that end, prices that change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import streamlit as st

from core.errors import fill
from core.lifecycle import calendar
from core.lifecycle.calendar import Line
from core.records.model_use import PromptUse
from core.records.models import ModelRef
from pages.ui import badges, urgency
from pages.ui.facts import money
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.models import words as models_words
from pages.ui.resources import person, workbench
from pages.ui.text import label

MOST_NAMED = 3
PRODUCTION = "production"
MOST_ROUNDS = 20


def simulated_note() -> None:
    """Says that nothing here is a language model yet, and the one step that changes it."""
    connections = workbench().connections
    if not connections["gemini"].live and not connections["platform"].live:
        st.info(
            _("Only the sandbox is connected: its answers are **simulated** by fixed rules, not by "
              "a language model. Set `GEMINI_API_KEY` and start again to use real Gemini."),
            icon=":material/science:",
        )  # fmt: skip


def interrupted_note() -> None:
    """Calls that a dead process left behind: how many, what they cost at most, which they are."""
    left = workbench().interrupted
    if not left.runs:
        return
    st.warning(
        _("When the workbench ended last time, {count} calls were under way. They may have been "
          "paid, at most {usd}.").format(count=left.runs, usd=label(money(left.at_most_usd))),
        icon=":material/power_off:",
    )  # fmt: skip
    st.page_link("pages/studio/history.py", label=_("Show these runs"),
                 query_params={"outcome": "unknown"}, icon=":material/history:")  # fmt: skip


def attention() -> None:
    """Everything that somebody should look at, or a word that there is nothing."""
    now = datetime.now(UTC)
    quiet = not workbench().interrupted.runs
    interrupted_note()
    for icon, text in [*clock(now), *drifted(now)]:
        quiet = False
        with st.container(gap=None):
            st.markdown(f"{icon} {text}")
            st.page_link("pages/operate/models.py", label=_("Models"),
                         icon=":material/event_upcoming:")  # fmt: skip
    for icon, text, round_id in open_rounds():
        quiet = False
        with st.container(gap=None):
            st.markdown(f"{icon} {text}")
            st.page_link("pages/improve/review.py", label=_("Show the round"),
                         icon=":material/rate_review:",
                         query_params={"round": round_id})  # fmt: skip
    for used in (line for line in workbench().models.lines(now) if line.used):
        ending = [*ends(used, now)]
        for icon, text in [*ending, *price_change(used), *not_connected(used)]:
            quiet = False
            row(icon, text, used, moves=(icon, text) in ending)
    if quiet:
        st.markdown(":green[:material/check_circle:] " + _("Nothing right now."))


def clock(now: datetime) -> Iterator[tuple[str, str]]:
    """What speaks against the clock, by which every countdown here goes."""
    for doubt in workbench().models.clock_doubts(now):
        yield ":orange[:material/schedule:]", label(fill(_(doubt.template), doubt.values), most=400)


def drifted(now: datetime) -> Iterator[tuple[str, str]]:
    """Names that do not mean one model any more."""
    for one in workbench().models.drifts(now, badges.SURFACES):
        yield ":orange[:material/alt_route:]", one.said(_, label)


def open_rounds() -> Iterator[tuple[str, str, str]]:
    """Rounds that wait for verdicts: how many, until when."""
    if not workbench().store.overview.now().rounds:
        return  # what reviews need is imported only when there is one
    for line in workbench().reviews.rounds(person(), MOST_ROUNDS):
        waiting = line.wanted - line.verdicts
        if not line.round.open or waiting <= 0:
            continue
        text = _("**{title}** waits for {count} verdicts of reviewers.").format(
            title=label(line.round.settings.title), count=f"{waiting:,}"
        )
        due = line.round.settings.due_at
        if due is not None:
            text += " " + _("Due: {when}").format(when=label(when(due)))
        yield ":blue[:material/rate_review:]", text, line.round.id


def row(icon: str, text: str, used: Line, *, moves: bool) -> None:
    """One thing to look at, what it is about, and the way out if it `moves`."""
    with st.container(gap=None):
        st.markdown(f"{icon} {text}")
        with st.container(horizontal=True, gap="small"):
            for use in used.prompts[:MOST_NAMED]:
                labels = "/".join(use.labels) or _("version {number}").format(number=use.number)
                st.page_link("pages/studio/prompt.py",
                             label=f"{label(use.name, most=40)} ({label(labels, most=40)})",
                             icon=":material/edit_note:",
                             query_params={"prompt": use.prompt_id})  # fmt: skip
            if used.calls.runs:
                st.page_link(
                    "pages/studio/history.py",
                    label=_("Runs in 30 days: {count}").format(count=f"{used.calls.runs:,}"),
                    icon=":material/history:",
                    query_params={"connection": used.info.ref.surface,
                                  "model": used.info.ref.model},
                )  # fmt: skip
            if used.others:
                st.page_link("pages/operate/models.py", 
                             label=label(models_words.other_words(used), most=120),
                             icon=":material/event_upcoming:",
                             query_params={"model": str(used.info.ref)})  # fmt: skip
            if moves and used.prompts:
                st.page_link("pages/operate/migrate.py", label=_("Begin the migration"),
                             icon=":material/move_up:",
                             query_params={"prompt": pressing(used.prompts)})  # fmt: skip


def pressing(uses: Sequence[PromptUse]) -> str:
    """The prompt to move first: one that is in production, if any."""
    return next((use for use in uses if PRODUCTION in use.labels), uses[0]).prompt_id


def ends(used: Line, now: datetime) -> Iterator[tuple[str, str]]:
    """A model that has ended, ends within half a year, or is answered by another."""
    info = used.info
    name = name_of(info.ref)
    successor = label(info.successor.model) if info.successor else "–"
    if info.reroutes_to is not None:
        yield (
            ":orange[:material/alt_route:]",
            _("**{model}** is answered by {other} by now.").format(
                model=name, other=label(info.reroutes_to.model)
            ),
        )
    end = info.ends_on or info.ends_not_before
    band = calendar.urgency((end - now.date()).days if end else None)
    if end is None or band not in urgency.PRESSING:
        return
    if band == "past" and info.ends_on is None:
        band = "week"  # it may end any day
    if info.stage == "retired":
        text = _("**{model}** was retired on {date}. Successor: {successor}.")
    elif info.ends_on is None:
        text = _("**{model}** may be retired from {date} on. Successor: {successor}.")
    else:
        text = _("**{model}** retires in {days} days, on {date}. Successor: {successor}.")
    days = (end - now.date()).days
    said = text.format(model=name, days=days, date=end, successor=successor)
    if not used.depends:
        said += " " + _("Nothing here names it any more; it was only called of late.")
    yield urgency.mark(band), said


def price_change(used: Line) -> Iterator[tuple[str, str]]:
    """An announced change of price."""
    price, later = used.price, used.next_price
    if price is None or later is None or later.valid_from is None or not price.input:
        return
    yield (
        ":blue[:material/payments:]",
        _("**{model}** costs {times}× as much from {date} on.").format(
            model=name_of(used.info.ref), times=f"{later.input / price.input:g}",
            date=later.valid_from.date(),
        ),
    )  # fmt: skip


def not_connected(used: Line) -> Iterator[tuple[str, str]]:
    """Prompts that name a model of a connection which is not set up."""
    surface = used.info.ref.surface
    connection = workbench().connections.get(surface)
    if used.prompts and connection is not None and not connection.live:
        yield (
            ":orange[:material/cloud_off:]",
            _("**{model}** cannot be called: {connection} is not set up. Missing: {names}").format(
                model=name_of(used.info.ref), connection=badges.SURFACES[surface],
                names=", ".join(f"`{name}`" for name in connection.problem.split(", ")),
            ),
        )  # fmt: skip


def name_of(ref: ModelRef) -> str:
    """A model with its connection."""
    return label(f"{badges.SURFACES.get(ref.surface, ref.surface)} · {ref.model}")
