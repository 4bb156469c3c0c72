"""What needs attention: calls that may have been paid, models that end, prices that change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import streamlit as st

from core.errors import fill
from core.records.catalogue import ModelInfo
from core.records.model_use import PromptUse
from core.records.models import ModelRef
from core.records.runs import RunFilter
from pages.ui import badges
from pages.ui.facts import money
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.resources import person, workbench
from pages.ui.text import label

URGENT_DAYS = 30
SOON_DAYS = 90
RECENTLY = timedelta(days=30)
MOST_COUNTED = 1_000
MOST_NAMED = 3
PRODUCTION = "production"
MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class InUse:
    """A model that prompts name, in production or in their newest version, or that was called."""

    ref: ModelRef
    prompts: tuple[PromptUse, ...]
    runs: int


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
    for icon, text in [*clock(now), *rerouted(now)]:
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
    for used in models_in_use(now):
        ending = [*ends(used, now)]
        for icon, text in [*ending, *price_change(used, now), *not_connected(used)]:
            quiet = False
            row(icon, text, used, moves=(icon, text) in ending)
    if quiet:
        st.markdown(":green[:material/check_circle:] " + _("Nothing right now."))


def clock(now: datetime) -> Iterator[tuple[str, str]]:
    """What speaks against the clock, by which every countdown here goes."""
    for doubt in workbench().models.clock_doubts(now):
        yield ":orange[:material/schedule:]", label(fill(_(doubt.template), doubt.values), most=400)


def rerouted(now: datetime) -> Iterator[tuple[str, str]]:
    """Calls of late that another model answered than was asked."""
    for one in workbench().models.reroutes(now):
        text = _("Asked for **{requested}**, answered by **{served}**: {runs} calls in 30 days, "
                 "last on {date}. Scores from before and after are not comparable.").format(
            requested=label(one.requested), served=label(one.served), runs=one.runs,
            date=one.last_at.date(),
        )  # fmt: skip
        yield ":orange[:material/alt_route:]", text


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


def row(icon: str, text: str, used: InUse, *, moves: bool) -> None:
    """One thing to look at, the prompts and runs it is about, and the way out if it `moves`."""
    with st.container(gap=None):
        st.markdown(f"{icon} {text}")
        with st.container(horizontal=True, gap="small"):
            for use in used.prompts[:MOST_NAMED]:
                labels = "/".join(use.labels) or _("version {number}").format(number=use.number)
                st.page_link("pages/studio/prompt.py",
                             label=f"{label(use.name, most=40)} ({label(labels, most=40)})",
                             icon=":material/edit_note:",
                             query_params={"prompt": use.prompt_id})  # fmt: skip
            if used.runs:
                st.page_link(
                    "pages/studio/history.py",
                    label=run_words(used.runs),
                    icon=":material/history:",
                    query_params={"connection": used.ref.surface, "model": used.ref.model},
                )
            if moves and used.prompts:
                st.page_link("pages/operate/migrate.py", label=_("Begin the migration"),
                             icon=":material/move_up:",
                             query_params={"prompt": pressing(used.prompts)})  # fmt: skip


def pressing(uses: Sequence[PromptUse]) -> str:
    """The prompt to move first: one that is in production, if any."""
    return next((use for use in uses if PRODUCTION in use.labels), uses[0]).prompt_id


def run_words(runs: int) -> str:
    """How many runs a model had of late."""
    if runs > MOST_COUNTED:
        return _("Runs in 30 days: more than {count}").format(count=f"{MOST_COUNTED:,}")
    return _("Runs in 30 days: {count}").format(count=f"{runs:,}")


def models_in_use(now: datetime) -> Iterator[InUse]:
    """Models that prompts name in their newest or a labelled version, or called in 30 days."""
    bench = workbench()
    named: Mapping[ModelRef, list[PromptUse]] = defaultdict(list)
    for model, uses in bench.store.model_use.prompts().items():
        if model:
            named[ModelRef.parse(model, bench.settings.default_surface)].extend(uses)
    called = {ModelRef(connection, model) for connection, model in bench.store.runs.models()}
    for ref in sorted({*named, *called}, key=str):
        recent = RunFilter(connection=ref.surface, model=ref.model, since=now - RECENTLY)
        runs = bench.history.count(recent, MOST_COUNTED + 1) if ref in called else 0
        if runs or ref in named:
            yield InUse(ref, tuple(named.get(ref, ())), runs)


def ends(used: InUse, now: datetime) -> Iterator[tuple[str, str]]:
    """A model that has ended, ends soon, or is answered by another."""
    info = workbench().catalogue.info(used.ref, now)
    name = name_of(used.ref)
    successor = label(info.successor.model) if info.successor else "–"
    end = info.ends_on or info.ends_not_before
    if info.reroutes_to is not None:
        yield (
            ":orange[:material/alt_route:]",
            _("**{model}** is answered by {other} by now.").format(
                model=name, other=label(info.reroutes_to.model)
            ),
        )
    if end is None or (end - now.date()).days > SOON_DAYS:
        return
    if info.stage == "retired":
        yield (
            ":red[:material/event_busy:]",
            _("**{model}** was retired on {date}. Successor: {successor}.").format(
                model=name, date=end, successor=successor
            ),
        )
    else:
        yield upcoming_end(info, name, successor, end, (end - now.date()).days)


def upcoming_end(
    info: ModelInfo, name: str, successor: str, end: date, days: int
) -> tuple[str, str]:
    """An end that lies ahead, or that may come."""
    colour = "red" if days <= URGENT_DAYS else "orange"
    if info.ends_on is None:
        text = _("**{model}** may be retired from {date} on. Successor: {successor}.")
    else:
        text = _("**{model}** retires in {days} days, on {date}. Successor: {successor}.")
    return (
        f":{colour}[:material/event_upcoming:]",
        text.format(model=name, days=days, date=end, successor=successor),
    )


def price_change(used: InUse, now: datetime) -> Iterator[tuple[str, str]]:
    """An announced change of price."""
    catalogue = workbench().catalogue
    price = catalogue.price(used.ref.surface, used.ref.model, now)
    later = catalogue.next_price(used.ref.surface, used.ref.model, now)
    if price is None or later is None or later.valid_from is None or not price.input:
        return
    yield (
        ":blue[:material/payments:]",
        _("**{model}** costs {times}× as much from {date} on.").format(
            model=name_of(used.ref), times=f"{later.input / price.input:g}",
            date=later.valid_from.date(),
        ),
    )  # fmt: skip


def not_connected(used: InUse) -> Iterator[tuple[str, str]]:
    """Prompts that name a model of a connection which is not set up."""
    connection = workbench().connections.get(used.ref.surface)
    if used.prompts and connection is not None and not connection.live:
        yield (
            ":orange[:material/cloud_off:]",
            _("**{model}** cannot be called: {connection} is not set up. Missing: {names}").format(
                model=name_of(used.ref), connection=badges.SURFACES[used.ref.surface],
                names=", ".join(f"`{name}`" for name in connection.problem.split(", ")),
            ),
        )  # fmt: skip


def name_of(ref: ModelRef) -> str:
    """A model with its connection."""
    return label(f"{badges.SURFACES.get(ref.surface, ref.surface)} · {ref.model}")
