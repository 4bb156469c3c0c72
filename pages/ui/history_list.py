"""The list of runs, page by page, and its export."""

from __future__ import annotations

import streamlit as st

from core.errors import WorkbenchError
from core.records.runs import RunFilter, RunSummary
from pages.ui import badges
from pages.ui.facts import money, seconds
from pages.ui.language import _, say
from pages.ui.memo import when
from pages.ui.resources import workbench
from pages.ui.state import PAGES
from pages.ui.text import label

PAGE = 20
COUNT_CAP = 1_000
FORMS = {"csv": ("CSV", "text/csv"), "jsonl": ("JSONL", "application/x-ndjson"),
         "parquet": ("Parquet", "application/octet-stream")}  # fmt: skip


def runs(wanted: RunFilter) -> None:
    """A page of the filtered runs; choosing one puts it into the address."""
    known, cursors = PAGES.get()
    if known != wanted:
        cursors = ()
        PAGES.set((wanted, cursors))
    page = workbench().history.page(wanted, limit=PAGE, before=cursors[-1] if cursors else None)
    if not page.items:
        empty(wanted)
        return
    chosen = st.query_params.get("run")
    with st.container(gap="small"):
        for run in page.items:
            line(run, chosen=run.id == chosen)
    pager(wanted, cursors, page.next_before)


def line(run: RunSummary, *, chosen: bool) -> None:
    """One run: the beginning of what was asked, and what came of it."""
    with st.container(gap=None):
        st.button(
            f"{'★ ' if run.starred else ''}{label(run.input_excerpt or '–', most=44)}",
            key=f"history.open.{run.id}",
            type="secondary" if chosen else "tertiary",
            on_click=choose,
            args=(run.id,),
        )
        parts = [
            version_words(run),
            badges.outcome_words(run.outcome),
            label(run.requested_model),
            when(run.created_at),
            seconds(run.total_ms),
            money(run.cost_usd).replace("$", "\\$"),
            "✎ " + label(run.memo, most=40) if run.memo else "",
        ]
        st.caption(" · ".join(part for part in parts if part))


def version_words(run: RunSummary) -> str:
    """The prompt and version of a run; empty for an unsaved prompt."""
    if run.prompt_name is None:
        return ""
    return f"{label(run.prompt_name, most=30)} v{run.version_number or '–'}"


def choose(run_id: str) -> None:
    """Show a run."""
    st.query_params["run"] = run_id


def pager(wanted: RunFilter, cursors: tuple[str, ...], following: str | None) -> None:
    """Newer and older pages."""
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.button(_("Newer"), disabled=not cursors, on_click=PAGES.set,
                  args=((wanted, cursors[:-1]),))  # fmt: skip
        st.button(_("Older"), disabled=following is None, on_click=PAGES.set,
                  args=((wanted, (*cursors, following)),))  # fmt: skip


def empty(wanted: RunFilter) -> None:
    """Nothing to show, and what to do."""
    if wanted == RunFilter():
        st.info(_("Nothing was run yet. Write a prompt and run it: it will be here tomorrow."))
        st.page_link("pages/studio/prompt.py", label=_("Write a prompt"), icon=":material/edit:")
    else:
        st.info(_("No run fits. Take a filter off or search for less."))


def export(wanted: RunFilter) -> None:
    """The filtered set as a file; made only when it is asked for."""
    history = workbench().history
    with st.popover(_("Export"), icon=":material/download:"):
        count = history.count(wanted, COUNT_CAP)
        shown = (
            f"{count:,}" if count < COUNT_CAP else _("{count} or more").format(count=f"{count:,}")
        )
        st.caption(_("{count} runs fit the filters.").format(count=shown))
        for form, (name, mime) in FORMS.items():
            st.download_button(
                name,
                lambda form=form: b"".join(history.export(wanted, form)),
                file_name=f"runs.{form}",
                mime=mime,
                key=f"history.export.{form}",
            )


def guarded(wanted: RunFilter) -> None:
    """The list, with an error in words when the store cannot read."""
    try:
        runs(wanted)
    except WorkbenchError as error:
        say(error)
