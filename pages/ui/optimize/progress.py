"""An optimization on its way: how far, what it cost, and how to pause, end or stop it."""

from __future__ import annotations

import streamlit as st

from core.errors import WorkbenchError
from core.optimization.optimizations import OptimizationProgress
from core.records.optimizations import Optimization
from pages.ui import state
from pages.ui.evaluate.words import seconds_words
from pages.ui.facts import money
from pages.ui.language import _, logged, say
from pages.ui.memo import when
from pages.ui.optimize import address as optimize_address
from pages.ui.optimize import steps as optimize_steps
from pages.ui.optimize.words import EVENTS, MODE_STEPS, STATUSES, points, stop_words, tuning_words
from pages.ui.resources import actor, workbench
from pages.ui.text import label

EVERY = "1s"


def shown(optimization: Optimization) -> None:
    """The state now; it follows the job while that runs, steps and all."""
    problem = state.OPTIMIZE_PROBLEM.get()
    if problem is not None:
        state.OPTIMIZE_PROBLEM.set(None)
        say(problem)
    if workbench().optimizations.status(optimization.id) == "running":
        following(optimization)
    else:
        standing(optimization, workbench().optimizations.progress(optimization.id))


@st.fragment(run_every=EVERY)
def following(optimization: Optimization) -> None:
    """Repaints itself; when the job has ended, the whole page."""
    progress = workbench().optimizations.progress(optimization.id)
    if progress.status != "running":
        st.rerun()
    standing(optimization, progress)
    optimize_steps.live(progress.ledger)


def standing(optimization: Optimization, progress: OptimizationProgress) -> None:
    """State, bars, figures and buttons."""
    text, colour = STATUSES[progress.status]
    with st.container(horizontal=True, vertical_alignment="center", gap="small",
                      key="optimize.progress"):  # fmt: skip
        st.badge(_(text), color=colour)  # type: ignore[arg-type]
        if progress.simulated:
            st.badge(_("Simulated, not a language model"), color="gray")
        buttons(optimization, progress)
    if progress.events and progress.status in ("failed", "paused"):
        last = progress.events[-1]
        if progress.status == "failed":
            st.error(label(logged(last), most=600), icon=":material/error:")
        elif last.text not in EVENTS:
            # It paused by itself.
            st.warning(label(logged(last), most=600), icon=":material/pause_circle:")
    if progress.job is None:
        return
    if progress.status != "done":
        for mode in progress.modes:
            words = _(MODE_STEPS[mode.mode]).format(done=mode.done, total=mode.total)
            st.progress(min(1.0, mode.done / max(mode.total, 1)), text=words)
    st.caption(label(figures(progress), most=400))
    if progress.far is not None:
        far(progress.far.raw_state, progress.far.console)
    if progress.status != "done" and progress.ledger.stop is not None:
        st.caption(_("{reason} The test cases are being looked at.").format(
            reason=stop_words(progress.ledger)))  # fmt: skip


def far(state_there: str, console: str) -> None:
    """What the service says of a managed job, and where it shows it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("At the service: {state}").format(state=label(state_there)), width="content")
        st.page_link(console, label=_("Console"), icon=":material/open_in_new:")


def figures(progress: OptimizationProgress) -> str:
    """Calls, cost, time left and the best tuning score, in one line."""
    running = progress.status == "running"
    # While calls are under way the job's spending holds what is reserved for them.
    spent = progress.ledger.cost_usd if running else progress.spent_usd
    parts = [
        _("{calls} of at most {most} calls").format(
            calls=f"{progress.calls:,}", most=f"{progress.max_calls:,}"),
        _("{cost} of at most {most}").format(
            cost=money(spent), most=money(progress.max_usd)),
    ]  # fmt: skip
    if progress.left_s is not None:
        parts.append(_("at most about {time} left").format(time=seconds_words(progress.left_s)))
    best = progress.ledger.best_template
    if best is not None and best.score is not None:
        parts.append(_("best tuning score {score}").format(score=tuning_words(best)))
        start = progress.ledger.start_template
        if best.number and start is not None and start.score is not None:
            gain = points(best.score - start.score, signed=True)
            parts.append(_("{gain} points over the start").format(gain=gain))
    return " · ".join(parts)


def buttons(optimization: Optimization, progress: OptimizationProgress) -> None:
    """What can be done in this state."""
    key, status = f"optimize.{optimization.id}", progress.status
    if status == "running":
        st.button(_("Pause"), icon=":material/pause:", key=f"{key}.pause",
                  on_click=act, args=("pause", optimization.id))  # fmt: skip
        if progress.ledger.stop is None:
            st.button(_("Enough: verdict now"), icon=":material/flag:", key=f"{key}.finish",
                      help=_("Search no further than the calls that are under way, and take the "
                             "look at the test cases."),
                      on_click=finish, args=(optimization.id,))  # fmt: skip
        st.button(_("Stop"), icon=":material/stop_circle:", key=f"{key}.cancel",
                  on_click=act, args=("cancel", optimization.id))  # fmt: skip
    elif status != "done":
        started = progress.job is not None
        st.button(_("Go on") if started else _("Start"), icon=":material/play_arrow:",
                  type="primary", key=f"{key}.go", on_click=act,
                  args=("resume" if started else "start", optimization.id))  # fmt: skip
        if status == "failed" and optimization.draft.engine == "managed":
            st.button(_("Copy for the local engine"), icon=":material/content_copy:",
                      key=f"{key}.local", on_click=optimize_address.show_new,
                      kwargs={"copy": optimization.id, "engine": "local"})  # fmt: skip
    if progress.events:
        with st.popover(_("Log"), icon=":material/history:", key=f"{key}.log"):
            for event in progress.events:
                st.caption(f"{label(when(event.created_at))} · {label(logged(event), most=300)}")


def act(what: str, optimization_id: str) -> None:
    """Start, pause, resume or cancel."""
    try:
        getattr(workbench().optimizations, what)(optimization_id, actor=actor())
    except WorkbenchError as error:
        state.OPTIMIZE_PROBLEM.set(error)


def finish(optimization_id: str) -> None:
    """End the search."""
    workbench().optimizations.finish(optimization_id)
