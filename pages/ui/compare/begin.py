"""Ways into a comparison: the example, a prompt, two runs; and the start itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import streamlit as st

from core.comparison.example import load_example
from core.errors import WorkbenchError
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.models import ModelRef
from pages.ui.compare import address as compare_address
from pages.ui.compare import plan as plans
from pages.ui.compare import setup as setups
from pages.ui.compare import sources as sources
from pages.ui.compare.setup import LETTERS, SETUP
from pages.ui.language import _, language, say
from pages.ui.prompt.session import Editor, spec_of
from pages.ui.resources import actor, workbench
from pages.ui.state import Key

PAGE = "pages/studio/compare.py"
LONGEST_TITLE = 200
PROBLEM = Key[WorkbenchError | None]("compare.problem", None)


def example_button(key: str, kind: Literal["primary", "secondary"] = "secondary") -> None:
    """Compare three simulated models at once; it needs no key."""
    if not workbench().connections["sandbox"].live:
        return
    about = _("Three simulated models, five Japanese and five English inquiries")
    if st.button(
        _("Try the example"), icon=":material/play_arrow:", key=key, help=about, type=kind
    ):
        comparison_id = start_example()
        if comparison_id:
            st.switch_page(PAGE, query_params={"comparison": comparison_id})


def start_example() -> str:
    """Begin the example; its id, or nothing after saying why not."""
    try:
        example = load_example()
        candidates = [
            Candidate(letter.lower(), plans.model_title(ModelRef.parse(model, "sandbox")),
                      example.spec, model)
            for letter, model in zip(LETTERS, example.models, strict=False)
        ]  # fmt: skip
        comparisons = workbench().comparisons
        made = comparisons.create(
            example.title(language()), candidates, example.inputs, actor=actor()
        )
        comparisons.start(made.id, actor=actor())
        return made.id
    except WorkbenchError as error:
        say(error)
        return ""


def prompt_button(editor: Editor) -> None:
    """Compare what the prompt page shows: the version when it is one, else the draft."""
    if not st.button(_("Compare"), icon=":material/view_column_2:", key="prompt.compare",
                     help=_("Put it beside another model or version")):  # fmt: skip
        return
    spec = spec_of(editor)
    if editor.base is not None and editor.base.spec == spec:
        column = sources.column_of_version(editor.base)
    else:
        column = sources.column_of_draft(editor.slot, spec)
    SETUP.set(sources.begin([column]))
    st.switch_page(PAGE, query_params={"new": "yes"})


def runs_button(run_ids: Sequence[str]) -> None:
    """Compare what two runs were asked, on more models or inputs."""
    about = _("Run both again side by side, with more inputs or models")
    if not st.button(_("Open as a comparison"), icon=":material/view_column_2:",
                     key="history.compare.open", help=about):  # fmt: skip
        return
    try:
        SETUP.set(sources.begin_with_runs(run_ids))
    except WorkbenchError as error:
        say(error)
        return
    st.switch_page(PAGE, query_params={"new": "yes"})


def cases_button(version_id: str, cases: Sequence[Case], candidates: Sequence[Candidate]) -> None:
    """Compare two candidates of an evaluation on some of its cases."""
    about = _("Asks both again on these cases, side by side, for people to judge. Their verdicts "
              "are on the leaderboard, too.")  # fmt: skip
    if st.button(_("Compare these cases"), icon=":material/view_column_2:",
                 key="evaluate.compare", help=about):  # fmt: skip
        SETUP.set(sources.begin_with_cases(version_id, cases, candidates))
        st.switch_page(PAGE, query_params={"new": "yes"})


def before_after_button(optimization_id: str) -> None:
    """Compare the prompt of an optimization as it was with the best that was found."""
    about = _("Asks both on a few cases, side by side, for people to look at or to judge.")
    if not st.button(_("Compare before and after"), icon=":material/view_column_2:",
                     key="optimize.compare", help=about):  # fmt: skip
        return
    optimizations = workbench().optimizations
    try:
        candidates, cases = optimizations.before_and_after(optimization_id)
        titled = [replace(one, title=title) for one, title in
                  zip(candidates, (_("Before"), _("After")), strict=True)]  # fmt: skip
        version_id = optimizations.get(optimization_id).draft.dataset_version_id
        SETUP.set(sources.begin_with_cases(version_id, cases, titled))
    except WorkbenchError as error:
        say(error)
        return
    st.switch_page(PAGE, query_params={"new": "yes"})


def start(setup: setups.Setup) -> None:
    """Run what the form says and show it; returns only when that is not possible."""
    bench = workbench()
    try:
        comparison = bench.comparisons.create(
            setup.title.strip() or suggested_title(setup),
            plans.candidates(setup),
            plans.inputs(setup),
            repeats=setup.repeats,
            blind=setup.blind,
            actor=actor(),
        )
        if setup.memo.strip():
            bench.authoring.write_memo("comparison", comparison.id, setup.memo, actor=actor())
        bench.comparisons.start(comparison.id, actor=actor())
    except WorkbenchError as error:
        PROBLEM.set(error)
        return
    PROBLEM.set(None)
    setups.forget()
    compare_address.show(comparison.id)
    st.rerun()


def suggested_title(setup: setups.Setup) -> str:
    """What is compared, when nobody gave it a name."""
    titles = list(dict.fromkeys(one.title for one in plans.candidates(setup)))
    prompts = {plans.prompt_words(one) for one in setup.columns}
    about = f"{prompts.pop()}: " if len(prompts) == 1 and len(titles) > 1 else ""
    return (about + " / ".join(titles))[:LONGEST_TITLE]


def invitation() -> None:
    """For the home page: a demo in one click, and the way to an own comparison."""
    with st.container(border=True, key="home.compare"):
        st.markdown(f"**{_('Compare models side by side')}**")
        st.caption(
            _("Two to six models or prompt versions answer the same inputs at once. Judge them "
              "blind, keep the result under an address, replay it in a hall without network.")
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            example_button("home.compare.example", "primary")
            st.page_link(PAGE, label=_("New comparison"), icon=":material/add:",
                         query_params={"new": "yes"})  # fmt: skip
            st.page_link(PAGE, label=_("All comparisons"), icon=":material/list:")
