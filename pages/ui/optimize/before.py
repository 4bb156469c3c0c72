"""Before anything is spent: is the data fit, what will it take, what can it show at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from core.errors import WorkbenchError, fill
from core.i18n import translator
from core.optimization.checks import DataCheck, Level
from core.optimization.estimate import OptimizationEstimate
from core.records.optimizations import OptimizationDraft
from pages.ui import state
from pages.ui.evaluate.words import seconds_words
from pages.ui.facts import money
from pages.ui.language import _, language, say
from pages.ui.optimize import address as optimize_address
from pages.ui.optimize import config as optimize_config
from pages.ui.optimize.words import points
from pages.ui.resources import actor, workbench
from pages.ui.text import label

ICONS: dict[Level, str] = {
    "ok": ":green[:material/check_circle:]",
    "info": ":blue[:material/info:]",
    "warning": ":orange[:material/warning:]",
    "error": ":red[:material/error:]",
}


class Before(NamedTuple):
    """What is known of a draft; `estimate` None while it cannot be started."""

    findings: Sequence[DataCheck]
    estimate: OptimizationEstimate | None


def before_starting(draft: OptimizationDraft) -> None:
    """Checks, estimate, start."""
    st.header(_("Before it starts"), anchor=False)
    try:
        found = looked_at(draft)
    except WorkbenchError as error:
        say(error)
        return
    with st.container(border=True, key="optimize.before"):
        for one in found.findings:
            finding(one)
        if found.estimate is not None:
            counted = (one.values["test"] for one in found.findings if "test" in one.values)
            figures(draft, found.estimate, int(str(next(counted, 0))))
        wrong = any(one.level == "error" for one in found.findings)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(_("Start"), type="primary", icon=":material/play_arrow:", disabled=wrong,
                      key="optimize.start", on_click=start, args=(draft,))  # fmt: skip
            st.button(_("Keep and start later"), type="tertiary", key="optimize.keep",
                      disabled=wrong, on_click=start, args=(draft, False))  # fmt: skip
            optimize_config.export(draft, "optimize.form")
    problem = state.OPTIMIZE_PROBLEM.get()
    if problem is not None:
        state.OPTIMIZE_PROBLEM.set(None)
        say(problem)


def looked_at(draft: OptimizationDraft) -> Before:
    """Checks and estimate; kept for as long as the draft stays the same."""
    kept = state.OPTIMIZE_ESTIMATE.get()
    if kept is None or kept[0] != draft:
        drafts = workbench().optimizations.drafts
        findings = drafts.check(draft)
        wrong = any(one.level == "error" for one in findings)
        kept = (draft, Before(findings, None if wrong else drafts.estimate(draft)))
        state.OPTIMIZE_ESTIMATE.set(kept)
    found: Before = kept[1]
    return found


def finding(one: DataCheck) -> None:
    """One check in words."""
    text = fill(translator(language())(one.template), dict(one.values))
    st.markdown(f"{ICONS[one.level]} {label(text, most=500)}")


def figures(draft: OptimizationDraft, found: OptimizationEstimate, test_cases: int) -> None:
    """The estimate in words; `test_cases` is how many there are."""
    cost = _("unknown") if found.cost_usd is None else "≈ " + money(round(found.cost_usd, 4))
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Calls"), f"≈ {found.calls:,}", width="content")
        st.metric(_("Cost"), cost.replace("$", "\\$"), width="content")
        st.metric(_("Time"), "≈ " + seconds_words(max(1, found.seconds)), width="content")
        gain = found.smallest_gain
        least = "–" if gain is None else _("{points} points").format(points=points(gain))
        st.metric(_("Smallest gain that shows"), least, width="content")
    st.caption(
        _("{target} answers, {judge} calls of judges, {optimizer} of the optimizer. Never more "
          "than {calls} calls and {usd}; it may well end earlier. {tested} test cases are asked "
          "twice at the end: the start and the best prompt.").format(
            target=f"{found.target_calls:,}", judge=f"{found.judge_calls:,}",
            optimizer=f"{found.optimizer_calls:,}", calls=f"{draft.max_calls:,}",
            usd=label(money(draft.max_usd)), tested=f"{found.tested:,}")
    )  # fmt: skip
    if found.tested < test_cases:
        st.caption(
            _(":orange[The limit of calls pays for {tested} of the {test} test cases, so only a "
              "gain of {points} points shows. Raise it to use them all.]").format(
                tested=found.tested, test=test_cases, points=points(found.smallest_gain))
        )  # fmt: skip
    if found.unpriced:
        text = _(":orange[No price is known for {models}; the limit of calls will stop it.]")
        st.caption(text.format(models=label(", ".join(found.unpriced), most=200)))


def start(draft: OptimizationDraft, begin: bool = True) -> None:
    """Keep it, begin, and show it."""
    optimizations = workbench().optimizations
    try:
        kept = optimizations.create(draft, actor=actor())
        if begin:
            optimizations.start(kept.id, actor=actor())
    except WorkbenchError as error:
        state.OPTIMIZE_PROBLEM.set(error)
        return
    epoch, _given = state.OPTIMIZE_GIVEN.get()
    state.OPTIMIZE_GIVEN.set((epoch + 1, None))
    optimize_address.show(kept.id)
