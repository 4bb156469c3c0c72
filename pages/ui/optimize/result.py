"""What came of it: the verdict first, the tuning score beside it, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from core.errors import WorkbenchError
from core.optimization.optimizations import OptimizationResult
from core.records.optimizations import Optimization, Verdict
from pages.ui import state
from pages.ui.compare import begin as compare_begin
from pages.ui.language import _, say
from pages.ui.optimize import steps as optimize_steps
from pages.ui.optimize.words import points, stop_words, tuning_words, verdict_words
from pages.ui.resources import actor, workbench
from pages.ui.text import label, visible

LONGEST = 900
MANY_LOOKS = 5


def verdict(found: OptimizationResult, *, simulated: bool) -> None:
    """One sentence with its interval; the tuning score stands beside it, never for it."""
    if found.verdict is None:
        if found.ledger.templates:
            st.info(_("No verdict yet: the test cases have not been looked at. A tuning score is "
                      "no proof, because the search chose the prompt by it."),
                    icon=":material/hourglass_empty:")  # fmt: skip
    else:
        said = label(verdict_words(found.verdict), LONGEST)
        if found.verdict.verdict == "better":
            st.success(said, icon=":material/trending_up:")
        elif found.verdict.verdict == "worse":
            st.error(said, icon=":material/trending_down:")
        else:
            st.info(said, icon=":material/drag_handle:")
        figures(found, found.verdict)
    for text in remarks(found):
        st.caption(text)
    if simulated:
        st.caption(_("Sandbox models are simulated: their scores say nothing about real models."))


def figures(found: OptimizationResult, verdict: Verdict) -> None:
    """Test scores and tuning scores, told apart by their titles."""
    with st.container(horizontal=True, gap="large", key="optimize.figures"):
        if verdict.n:
            st.metric(_("Test score of the start"), points(verdict.start_score), width="content")
            st.metric(_("Test score of the best prompt"), points(verdict.best_score),
                      width="content")  # fmt: skip
        st.metric(_("Tuning score of the start"), points_of(found.start), width="content")
        if found.best is not None and found.best.number:
            st.metric(_("Tuning score of the best prompt"), points_of(found.best),
                      width="content")  # fmt: skip


def points_of(one: object) -> str:
    """A tuning score without its interval."""
    return points(getattr(one, "score", None))


def remarks(found: OptimizationResult) -> list[str]:
    """Why it ended, and what should make a reader careful."""
    told = []
    if found.ledger.stop is not None:
        told.append(_("Why the search ended: {reason}").format(reason=stop_words(found.ledger)))
    best, start = found.best, found.start
    if best is not None and best.number:
        words = _("Tuning score {start} → {best} (with 95 % intervals), on cases that the search "
                  "chose by; it tends to promise too much.")  # fmt: skip
        told.append(words.format(start=label(tuning_words(start)), best=label(tuning_words(best))))
    if found.verdict is not None:
        told += verdict_remarks(found.verdict)
    return told


def verdict_remarks(found: Verdict) -> list[str]:
    """Errors and repeated looks."""
    told = []
    if found.errors:
        told.append(_("{count} answers on test cases failed. They are left out, not counted as "
                      "zero.").format(count=found.errors))  # fmt: skip
    if found.looks > 1:
        words = _("These test cases were looked at {looks} times, this look included. Each look "
                  "makes a verdict worth a little less.").format(looks=found.looks)  # fmt: skip
        told.append(f":orange[{words}]" if found.looks > MANY_LOOKS else words)
    return told


# -- using it --


def best_prompt(found: OptimizationResult) -> None:
    """The best prompt against the start, and the ways to take it."""
    if not found.ledger.templates:
        return
    st.subheader(_("The best prompt"), anchor=False)
    if found.best is not None and found.best.number:
        apply(found)
    optimize_steps.best_prompt(found.ledger)


def apply(found: OptimizationResult) -> None:
    """Save it as a version. Nothing does that by itself."""
    optimization = found.optimization
    shown_problem()
    if optimization.applied_version_id:
        applied(optimization.applied_version_id)
    proven = found.verdict is not None and found.verdict.verdict == "better"
    if not proven:
        st.caption(_("It is not shown that this prompt is better. It can be saved all the same; "
                     "the version's message says so."))  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        if optimization.draft.prompt_id is not None:
            st.button(
                _("Save as a new version"), icon=":material/save:", key="optimize.apply",
                type="primary" if proven else "secondary",
                on_click=take, args=(optimization.id,),
            )  # fmt: skip
        with st.popover(_("Save as a new prompt"), icon=":material/fork_right:",
                        key="optimize.fork"):  # fmt: skip
            name = st.text_input(_("Name of the prompt"), visible(optimization.title),
                                 key="optimize.name")  # fmt: skip
            st.button(_("Save"), key="optimize.apply.new", type="primary", on_click=take,
                      args=(optimization.id, name))  # fmt: skip
        compare_begin.before_after_button(optimization.id)


def take(optimization_id: str, name: str = "") -> None:
    """Save the best prompt."""
    try:
        workbench().optimizations.apply(optimization_id, actor=actor(), name=name.strip())
    except WorkbenchError as error:
        state.OPTIMIZE_PROBLEM.set(error)
    else:
        st.toast(_("The prompt was saved."))


def shown_problem() -> None:
    """What went wrong with the last action."""
    problem = state.OPTIMIZE_PROBLEM.get()
    if problem is not None:
        state.OPTIMIZE_PROBLEM.set(None)
        say(problem)


def applied(version_id: str) -> None:
    """The version that it became, and what to do next."""
    try:
        version = workbench().store.prompts.version(version_id)
        name = workbench().store.prompts.get(version.prompt_id).name
    except WorkbenchError as error:
        say(error)
        return
    words = _("Saved as version {number} of {name}").format(
        number=version.number, name=label(name))  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", key="optimize.applied"):
        st.page_link("pages/studio/prompt.py", label=words, icon=":material/check_circle:",
                     query_params={"version": version_id})  # fmt: skip
        st.page_link("pages/improve/evaluate.py", label=_("Evaluate before and after"),
                     icon=":material/speed:",
                     query_params={"view": "new", "prompt": version.prompt_id})  # fmt: skip


def is_simulated(optimization: Optimization) -> bool:
    """Whether a model of it is none."""
    draft = optimization.draft
    models = (draft.target_model, draft.optimizer_model, draft.judge)
    return any(one.startswith("sandbox:") for one in models)
