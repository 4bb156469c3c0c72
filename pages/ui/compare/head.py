"""A comparison that was run: what it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import WorkbenchError, fill
from core.records.comparisons import Cell, Comparison, Verdict
from core.records.models import ModelRef
from pages.ui import badges, memo, state, ways_on
from pages.ui.compare import address as compare_address
from pages.ui.compare import export as compare_export
from pages.ui.compare import running as compare_running
from pages.ui.compare import sources as sources
from pages.ui.compare.address import Address
from pages.ui.compare.setup import SETUP
from pages.ui.datasets import add as datasets_add
from pages.ui.language import _, say
from pages.ui.memo import when
from pages.ui.resources import actor, workbench
from pages.ui.review import address as review_address
from pages.ui.state import Key
from pages.ui.text import label

CELLS = Key[tuple[tuple[str, tuple[str, ...]], Sequence[Cell]] | None]("compare.cells", None)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows, as the store has it now."""

    comparison: Comparison
    cells: Sequence[Cell]
    verdicts: Sequence[Verdict]

    @property
    def open_cells(self) -> int:
        """Cells without an answer."""
        return self.comparison.cells - sum(cell.answered for cell in self.cells)


def read(comparison_id: str) -> Shown:
    """The comparison of an address. NotFound when there is none."""
    comparisons = workbench().comparisons
    comparison = comparisons.get(comparison_id)
    return Shown(comparison, cells_of(comparison), comparisons.verdicts(comparison_id))


def cells_of(comparison: Comparison) -> Sequence[Cell]:
    """The answers. A large grid takes a while to read, and one is judged key by key: it is read
    again only when something has run since."""
    comparisons = workbench().comparisons
    if compare_running.is_running(comparison):
        return comparisons.grid(comparison.id)
    now = (comparison.id, tuple(job.id + job.state for job in comparisons.jobs(comparison.id)))
    kept = CELLS.get()
    if kept is None or kept[0] != now:
        kept = (now, comparisons.grid(comparison.id))
        CELLS.set(kept)
    return kept[1]


def heading(shown: Shown, here: Address) -> None:
    """Title, who and when, and the buttons."""
    comparison = shown.comparison
    # While it runs the script does not end, and Streamlit leaves what an earlier run drew: the same
    # buttons are there in both states, those that make no sense are switched off.
    running = compare_running.is_running(comparison)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(label(comparison.title, most=100) or _("Untitled"), anchor=False)
        if comparison.blind:
            st.badge(_("Blind"), icon=":material/visibility_off:", color="violet")
        if comparison.deleted_at is not None:
            st.badge(_("Deleted"), color="gray")
    st.caption(
        " · ".join(
            [
                _("{columns} columns, {rows} inputs").format(
                    columns=len(comparison.candidates), rows=len(comparison.inputs)
                ),
                _("{who}, {when}").format(
                    who=label(comparison.created_by), when=when(comparison.created_at)
                ),
            ]
        )
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        views(comparison, here, running=running)
        if shown.open_cells:
            st.button(_("Run the rest ({count})").format(count=shown.open_cells),
                      icon=":material/play_arrow:", key="compare.continue", disabled=running,
                      on_click=go_on, args=(comparison,))  # fmt: skip
        with st.popover(_("Memo"), icon=":material/edit_note:"):
            memo.editor("comparison", comparison.id, "comparison")
        if not comparison.blind:
            compare_export.menu(comparison)
            datasets_add.inputs(comparison)
            review_address.ask_link("comparison", comparison=comparison.id)
        more(comparison)
        st.button(_("All comparisons"), icon=":material/list:", type="tertiary",
                  key="compare.list", on_click=compare_address.show_list)  # fmt: skip
    note = workbench().authoring.memo("comparison", comparison.id)
    if note is not None:
        st.caption(f":material/edit_note: {label(note.text, most=400)}")


def notices(shown: Shown) -> None:
    """Which models really answered, when that is not what was asked for."""
    if shown.comparison.blind:
        return
    for one in workbench().comparisons.notices(shown.comparison, shown.cells):
        text = label(fill(_(one.template), dict(one.values)), most=1_000)
        if one.level == "warning":
            st.warning(text, icon=":material/warning:")
        else:
            st.caption(f":material/info: {text}")
    fates(shown)


def fates(shown: Shown) -> None:
    """Columns whose model has ended or ends, with the ways on."""
    opened = {cell.candidate_key: cell.run.id for cell in shown.cells if cell.run is not None}
    told: set[ModelRef] = set()
    for one in shown.comparison.candidates:
        ref = ModelRef.parse(one.model, workbench().settings.default_surface)
        if ref in told or not ways_on.are_needed(ref):
            continue
        told.add(ref)
        words = f"**{label(one.title)}** · {label(badges.fate(badges.info(ref)))}"
        with st.container(gap=None):
            st.markdown(f":orange[:material/event_busy:] {words}")
            run_id = opened.get(one.key)
            ways_on.links(ref, {"open": run_id} if run_id else {})


def views(comparison: Comparison, here: Address, *, running: bool) -> None:
    """Grid, judging, presenter."""
    if here.view == "judge":
        st.button(_("Grid"), icon=":material/grid_view:", key="compare.view.grid",
                  on_click=compare_address.show, args=(comparison.id,),
                  disabled=running)  # fmt: skip
        return
    st.button(_("Judge"), icon=":material/balance:", key="compare.view.judge", disabled=running,
              type="primary" if comparison.blind else "secondary",
              on_click=compare_address.show, args=(comparison.id, "judge"))  # fmt: skip
    if not comparison.blind:
        st.button(_("Judge blind"), icon=":material/visibility_off:", key="compare.view.blind",
                  disabled=running, on_click=cover, args=(comparison,))  # fmt: skip


def cover(comparison: Comparison) -> None:
    """Hide who is who, and judge."""
    workbench().comparisons.set_blind(comparison.id, True, actor=actor())
    compare_address.show(comparison.id, "judge")


def go_on(comparison: Comparison) -> None:
    """Answer the cells that have no answer; what is done is not paid again."""
    try:
        workbench().comparisons.continue_(comparison.id, actor=actor())
    except WorkbenchError as error:
        say(error)


def more(comparison: Comparison) -> None:
    """Rename, set up again, delete."""
    with st.popover(_("More"), icon=":material/more_horiz:",
                    key=f"compare.more.{comparison.id}.{comparison.title}"):  # fmt: skip
        with st.form("compare.rename", border=False):
            title = st.text_input(_("Title"), value=comparison.title)
            sent = st.form_submit_button(_("Rename"))
        if sent and title.strip() and title.strip() != comparison.title:
            workbench().comparisons.rename(comparison.id, title.strip(), actor=actor())
            st.rerun()
        if not comparison.blind:
            st.button(_("Set up again"), icon=":material/content_copy:", key="compare.again",
                      on_click=again, args=(comparison,),
                      help=_("Opens the form with these columns and inputs."))  # fmt: skip
        if comparison.deleted_at is None:
            st.button(_("Delete"), icon=":material/delete:", key="compare.delete",
                      on_click=delete, args=(comparison,))  # fmt: skip
        else:
            st.button(_("Bring back"), icon=":material/undo:", key="compare.back",
                      on_click=workbench().comparisons.restore, args=(comparison.id,),
                      kwargs={"actor": actor()})  # fmt: skip


def again(comparison: Comparison) -> None:
    """The form, filled in with this comparison."""
    SETUP.set(sources.setup_of(comparison))
    compare_address.show_form()


def delete(comparison: Comparison) -> None:
    """Hide it, with undo in the list."""
    workbench().comparisons.delete(comparison.id, actor=actor())
    state.UNDO.set(("comparison", comparison.id, comparison.title))
    compare_address.show_list()
