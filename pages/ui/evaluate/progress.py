"""An evaluation on its way: how far, how long still, what it cost, and how to stop it."""

from __future__ import annotations

import streamlit as st

from core.errors import WorkbenchError
from core.evaluation.progress import Progress
from core.records.evaluations import Evaluation
from pages.ui import state
from pages.ui.evaluate.words import STATUSES, seconds_words
from pages.ui.facts import money
from pages.ui.language import _, logged, say, words
from pages.ui.memo import when
from pages.ui.resources import actor, workbench
from pages.ui.text import label

EVERY = "1s"


def shown(evaluation: Evaluation) -> None:
    """The state now; it follows the job while that runs."""
    problem = state.EVALUATE_PROBLEM.get()
    if problem is not None:
        state.EVALUATE_PROBLEM.set(None)
        say(problem)
    if workbench().evaluations.status(evaluation.id) == "running":
        following(evaluation)
    else:
        standing(evaluation, workbench().evaluations.progress(evaluation.id))


@st.fragment(run_every=EVERY)
def following(evaluation: Evaluation) -> None:
    """Repaints itself; when the job has ended, the whole page."""
    progress = workbench().evaluations.progress(evaluation.id)
    if progress.status != "running":
        st.rerun()
    standing(evaluation, progress)


def standing(evaluation: Evaluation, progress: Progress) -> None:
    """Bar, figures and buttons."""
    job = progress.job
    text, colour = STATUSES[progress.status]
    with st.container(horizontal=True, vertical_alignment="center", gap="small",
                      key="evaluate.progress"):  # fmt: skip
        st.badge(_(text) if job else _("Not started"), color=colour)  # type: ignore[arg-type]
        buttons(evaluation, progress)
    if job is None:
        return
    if progress.status != "done" and job.total:
        st.progress(min(1.0, job.done / job.total), text=label(line(progress), most=200))
    if progress.status == "failed" and progress.events:
        st.error(label(logged(progress.events[-1]), most=600), icon=":material/error:")
    if progress.status == "incomplete":
        st.warning(
            _("Too many answers or verdicts are missing because of the service, so nobody can win. "
              "Ask again for those alone."), icon=":material/warning:",
        )  # fmt: skip


def line(progress: Progress) -> str:
    """How far, in one line."""
    job = progress.job
    if job is None:
        return ""
    parts = [_("{done} of {total} steps").format(done=f"{job.done:,}", total=f"{job.total:,}")]
    if job.failed:
        parts.append(_("{count} failed").format(count=f"{job.failed:,}"))
    parts.append(_("{cost} so far").format(cost=money(progress.spent_usd)))
    if progress.waiting_since is not None:
        since = when(progress.waiting_since)
        parts.append(_("waiting for the batch since {time}").format(time=since))
    if progress.left_s is not None:
        parts.append(_("about {time} left").format(time=seconds_words(progress.left_s)))
    return " · ".join(parts)


def buttons(evaluation: Evaluation, progress: Progress) -> None:
    """What can be done in this state."""
    key, status = f"evaluate.{evaluation.id}", progress.status
    if status == "running":
        st.button(_("Pause"), icon=":material/pause:", key=f"{key}.pause",
                  on_click=act, args=("pause", evaluation.id))  # fmt: skip
        st.button(_("Stop"), icon=":material/stop_circle:", key=f"{key}.cancel",
                  on_click=act, args=("cancel", evaluation.id))  # fmt: skip
        return
    if status in ("paused", "cancelled", "failed"):
        started = progress.job is not None
        st.button(_("Go on") if started else _("Start"), icon=":material/play_arrow:",
                  type="primary", key=f"{key}.go", on_click=act,
                  args=("resume" if started else "start", evaluation.id))  # fmt: skip
    job = progress.job
    if job is not None and status in ("done", "incomplete") and has_failed(progress, evaluation):
        st.button(_("Ask again for what failed"), icon=":material/refresh:", key=f"{key}.retry",
                  on_click=act, args=("retry_failed", evaluation.id))  # fmt: skip
    with st.popover(_("Log"), icon=":material/history:", key=f"{key}.log"):
        for event in progress.events:
            st.caption(f"{label(when(event.created_at))} · {label(logged(event), most=300)}")


def has_failed(progress: Progress, evaluation: Evaluation) -> bool:
    """Whether an answer or a verdict is missing."""
    answers = workbench().store.evaluations.measured(evaluation.id)
    failed = progress.job.failed if progress.job else 0
    return failed > 0 or any(one.errors for one in answers)


def act(what: str, evaluation_id: str) -> None:
    """Start, pause, resume, cancel or ask again."""
    try:
        getattr(workbench().evaluations, what)(evaluation_id, actor=actor())
    except WorkbenchError as error:
        state.EVALUATE_PROBLEM.set(error)
        st.toast(label(words(error), most=300))
