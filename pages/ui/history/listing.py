"""The list of runs, page by page, and its export."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.prompts.run_export import ExportFormat
from core.records.runs import RunFilter, RunSummary
from pages.ui import badges
from pages.ui.facts import money, seconds
from pages.ui.history import address as history_address
from pages.ui.history.address import Address
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.resources import workbench
from pages.ui.state import PAGES
from pages.ui.text import label

PAGE = 20
MOST_EXPORTED = 50_000
"""Runs that a download may hold: the whole file is in memory for a moment."""
FORMS: dict[ExportFormat, tuple[str, str]] = {
    "csv": ("CSV", "text/csv"),
    "jsonl": ("JSONL", "application/x-ndjson"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
}
# Buttons centre their text; a list reads from the left.
STYLE = """
[class*="st-key-history-open"] button { padding: 0 .5rem; min-height: 1.9rem;
  margin-left: -.5rem; width: calc(100% + 1rem); }
[class*="st-key-history-open"] button > div,
[class*="st-key-history-open"] button > div > span { justify-content: flex-start; width: 100%; }
[class*="st-key-history-open"] button[kind="secondary"] { border-color: transparent;
  background: color-mix(in srgb, currentColor 8%, transparent); }
[class*="st-key-history-chip"] button { min-height: 1.75rem; padding: 0 .6rem;
  border-radius: 1rem; }
@media (max-width: 640px) { .st-key-history-filter-q { flex: 1 1 100%; } }
"""


def style() -> None:
    """How the list and the filters look."""
    st.html(f"<style>{STYLE}</style>")


def listing(here: Address, *, wide: bool) -> None:
    """A page of the filtered runs. A wide list has room for the answers."""
    cursors = cursors_of(here)
    page = workbench().history.page(here.wanted, limit=PAGE, before=here.before)
    if not page.items:
        empty(here.wanted)
        return
    with st.container(gap="small"):
        for run in page.items:
            line(run, chosen=run.id == here.run_id, wide=wide)
    pager(here.wanted, cursors, page.next_before)


def line(run: RunSummary, *, chosen: bool, wide: bool) -> None:
    """One run: the beginning of what was asked, what came back, and how."""
    with st.container(gap=None):
        star = ":material/star: " if run.starred else ""
        st.button(
            star + label(run.input_excerpt or "–", most=110 if wide else 60),
            key=f"history.open.{run.id}",
            type="secondary" if chosen else "tertiary",
            width="stretch",
            wrap=False,
            on_click=history_address.show_run,
            args=(run.id,),
        )
        answered = label(run.output_excerpt, most=150) if wide else ""
        note = f":material/edit_note: {label(run.memo, most=150 if wide else 40)}"
        lines = (answered, details(run, wide=wide), note if run.memo else "")
        st.caption("  \n".join(part for part in lines if part))


def details(run: RunSummary, *, wide: bool) -> str:
    """How the run ended, of which prompt and model it was, when; with room also time and cost."""
    colour = badges.OUTCOMES[run.outcome][1]
    parts = [
        f":{colour}[●] {label(badges.outcome_words(run.outcome))}",
        version_words(run) if wide else "",
        label(run.requested_model),
        label(when(run.created_at)),
    ]
    if wide:
        parts += [label(seconds(run.total_ms)), label(money(run.cost_usd))]
    return " · ".join(part for part in parts if part)


def version_words(run: RunSummary) -> str:
    """The prompt and version of a run; empty for an unsaved prompt."""
    if run.prompt_name is None:
        return ""
    return f"{label(run.prompt_name, most=30)} v{run.version_number or '–'}"


def cursors_of(here: Address) -> tuple[str, ...]:
    """Where the pages before this one begin. After F5 only the first and this one are known."""
    known, cursors = PAGES.get()
    if known != here.wanted or here.before not in cursors:
        cursors = (here.before,) if here.before else ()
    elif here.before is not None:
        cursors = cursors[: cursors.index(here.before) + 1]
    PAGES.set((here.wanted, cursors))
    return cursors


def pager(wanted: RunFilter, cursors: tuple[str, ...], following: str | None) -> None:
    """Newer and older pages."""
    if not cursors and following is None:
        return

    def go(to: tuple[str, ...]) -> None:
        PAGES.set((wanted, to))
        history_address.show_before(to[-1] if to else None)

    with st.container(horizontal=True, horizontal_alignment="center"):
        st.button(_("Newer"), key="history.newer", icon=":material/chevron_left:",
                  disabled=not cursors, on_click=go, args=(cursors[:-1],))  # fmt: skip
        st.button(_("Older"), key="history.older", icon=":material/chevron_right:",
                  icon_position="right", disabled=following is None, on_click=go,
                  args=((*cursors, following or ""),))  # fmt: skip


def empty(wanted: RunFilter) -> None:
    """Nothing to show, and what to do."""
    if wanted == RunFilter():
        st.markdown(
            _("**Nothing was run yet.** Every run will be kept here with its prompt, its answer, "
              "what it cost, and your memo – whether you save the prompt or not.")
        )  # fmt: skip
        st.page_link("pages/studio/prompt.py", label=_("Write a prompt"), icon=":material/edit:")
    else:
        st.markdown(_("**No run fits.** Take a filter off, or search for less."))


def export(wanted: RunFilter) -> None:
    """The filtered set as a file. It is counted when this is opened and made when asked for."""
    history = workbench().history
    opened = st.popover(_("Export"), icon=":material/download:", key="history.export",
                        on_change="rerun")  # fmt: skip
    if not opened.open:
        return
    with opened:
        count = history.count(wanted, MOST_EXPORTED + 1)
        if count > MOST_EXPORTED:
            st.caption(
                _("More than {most} runs fit the filters. Filter further, or export them with "
                  "`python -m core export --runs`.").format(most=f"{MOST_EXPORTED:,}")
            )  # fmt: skip
            return
        st.caption(_("{count} runs fit the filters.").format(count=f"{count:,}"))
        for form, (name, mime) in FORMS.items():
            st.download_button(name, exporter(wanted, form), f"runs.{form}", mime,
                               key=f"history.export.{form}", on_click="ignore")  # fmt: skip
        st.caption(_("CSV opens in Excel, Japanese too; formulas in it are made harmless. JSONL "
                     "has everything as it was."))  # fmt: skip


def exporter(wanted: RunFilter, form: ExportFormat) -> Callable[[], bytes]:
    """Makes the file. It runs when somebody downloads, outside of the page's script."""
    history = workbench().history
    return lambda: b"".join(history.export(wanted, form))
