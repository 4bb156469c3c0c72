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

PROMPTS = 6
RUNS = 5
SINGLE = ("prompt", "command", "sample")
"""Why a single prompt was run: here, from a shell, as part of the sample workspace."""
# Links have an inset of their own; here they stand on one line with the words under them.
STYLE = "[class*='st-key-home-'] [data-testid='stPageLink'] a { transform: translateX(-.5rem); }"


def steps(prompts: Sequence[PromptLine]) -> None:
    """What there is of each step today, and the pages where it is done."""
    found = workbench().store.overview.now()
    first, second, third, fourth = st.columns(4, gap="medium")
    with first:
        step(
            _("1. Manage prompts"),
            _("Prompts: {prompts} · versions: {versions}").format(
                prompts=len(prompts), versions=sum(line.versions for line in prompts)
            ),
            _("Write with variables, run, and note what you saw. Every version and every run is "
              "kept, with its memo."),
            ("pages/studio/prompt.py", _("Prompt"), ":material/edit_note:"),
            ("pages/studio/history.py", _("History"), ":material/history:"),
        )  # fmt: skip
    with second:
        step(
            _("2. Optimize for the new model"),
            _("Optimizations: {jobs} · comparisons: {count}").format(
                jobs=found.optimizations, count=found.comparisons
            ),
            _("A job rewrites a prompt for the new model, and says on cases kept apart whether it "
              "is really better. Or put old and new side by side."),
            ("pages/improve/optimize.py", _("Optimize"), ":material/auto_fix_high:"),
            ("pages/studio/compare.py", _("Compare"), ":material/view_column_2:"),
        )  # fmt: skip
    with third:
        step(
            _("3. Evaluate in numbers"),
            _("Cases: {cases} · evaluations: {count}").format(
                cases=f"{found.cases:,}", count=found.evaluations
            ),
            _("Score every answer on a dataset. What is called better comes with an interval."),
            ("pages/improve/datasets.py", _("Datasets"), ":material/table_rows:"),
            ("pages/improve/evaluate.py", _("Evaluate"), ":material/speed:"),
            ("pages/improve/leaderboard.py", _("Leaderboard"), ":material/leaderboard:"),
        )
    with fourth:
        step(
            _("4. Automate"),
            _("Migrations: {count} · signed: {signed}").format(
                count=found.migrations, signed=found.signed
            ),
            _("A guided migration ends in a gate and a signature. The same gate runs in CI: "
              "`python -m core gate`."),
            ("pages/operate/migrate.py", _("Migrate"), ":material/move_up:"),
        )  # fmt: skip


def step(title: str, state: str, words: str, *links: tuple[str, str, str]) -> None:
    """One step: its state today, what it is for, and its pages."""
    with st.container(gap="small"):
        st.markdown(f"**{title}**")
        st.markdown(f":blue[{state}]")
        st.caption(words)
        with st.container(gap=None):
            for page, name, icon in links:
                st.page_link(page, label=name, icon=icon)


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
    runs = workbench().history.page(RunFilter(purposes=SINGLE), limit=RUNS).items
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
