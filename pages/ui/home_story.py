"""The four steps of the story with their state, and where one left off."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.records.runs import RunFilter
from core.store.prompts import PromptLine
from pages.ui import badges
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.resources import workbench
from pages.ui.text import label

MOST_COUNTED = 10_000
MOST_EVALUATIONS = 100
PROMPTS = 6
RUNS = 5
# Links have an inset of their own; here they stand on one line with the words under them.
STYLE = "[class*='st-key-home-'] [data-testid='stPageLink'] a { transform: translateX(-.5rem); }"


def steps(prompts: Sequence[PromptLine]) -> None:
    """What there is of each step today."""
    first, second, third, fourth = st.columns(4, gap="medium")
    with first:
        step(
            _("1. Manage prompts"),
            _("Prompts: {prompts} · versions: {versions}").format(
                prompts=len(prompts), versions=sum(line.versions for line in prompts)
            ),
            _("Write with variables, run, and note what you saw. Every version and every run is "
              "kept, with its memo."),
        )  # fmt: skip
    with second:
        step(
            _("2. Optimise for the new model"),
            _("Prompts with several versions: {count}").format(
                count=sum(line.versions > 1 for line in prompts)
            ),
            _(
                "A migration leads a prompt to the new model: checks, a fork, answers side by "
                "side, the decision with its evidence."
            ),
        )
    with third:
        step(
            _("3. Evaluate in numbers"),
            f"{evaluation_words()} · {run_words()}",
            _("Versions and models on the same cases, scored alike. Every figure has its interval, "
              "and what may be luck is called so."),
        )  # fmt: skip
    with fourth:
        step(
            _("4. Automate"),
            "`python -m core evaluate`",
            _(
                "Runs, comparisons, evaluations and gates from scripts and schedules, too, with "
                "the same records."
            ),
        )


def step(title: str, state: str, words: str) -> None:
    """One step."""
    with st.container(gap="small"):
        st.markdown(f"**{title}**")
        st.markdown(f":blue[{state}]")
        st.caption(words)


def evaluation_words() -> str:
    """How many evaluations there are, counting no further than makes a difference."""
    count = len(workbench().evaluations.list(MOST_EVALUATIONS + 1))
    if count > MOST_EVALUATIONS:
        return _("Evaluations: more than {count}").format(count=MOST_EVALUATIONS)
    return _("Evaluations: {count}").format(count=count)


def run_words() -> str:
    """How many runs there are, counting no further than makes a difference."""
    count = workbench().history.count(RunFilter(), MOST_COUNTED + 1)
    if count > MOST_COUNTED:
        return _("Runs: more than {count}").format(count=f"{MOST_COUNTED:,}")
    return _("Runs: {count}").format(count=f"{count:,}")


def recent_prompts(prompts: Sequence[PromptLine]) -> None:
    """The prompts that were changed last."""
    for line in prompts[:PROMPTS]:
        with st.container(gap=None):
            st.page_link(
                "pages/studio/prompt.py",
                label=label(line.prompt.name),
                icon=":material/edit_note:",
                query_params={"prompt": line.prompt.id},
            )
            facts = [
                _("Versions: {count}").format(count=line.versions),
                *(label(name) for name in line.labels),
                _("changed {when}").format(when=when(line.updated_at)),
            ]
            st.caption(" · ".join(facts))
    st.page_link("pages/studio/prompt.py", label=_("Write a new prompt"), icon=":material/add:")


def recent_runs() -> None:
    """The newest runs of single prompts; those of comparisons and evaluations stand there."""
    runs = workbench().history.page(RunFilter(purpose="prompt"), limit=RUNS).items
    if not runs:
        st.caption(_("Nothing was run yet."))
        return
    for run in runs:
        with st.container(gap=None):
            st.page_link(
                "pages/studio/history.py",
                label=label(run.input_excerpt or "–", most=60),
                icon=":material/history:",
                query_params={"run": run.id},
            )
            colour = badges.OUTCOMES[run.outcome][1]
            outcome = f":{colour}[●] {label(badges.outcome_words(run.outcome))}"
            st.caption(f"{outcome} · {label(run.requested_model)} · {label(when(run.created_at))}")
    st.page_link("pages/studio/history.py", label=_("All runs"), icon=":material/arrow_forward:")
