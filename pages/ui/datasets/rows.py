"""The cases of a version: page by page, filtered, one in full; adding and taking out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.errors import WorkbenchError
from core.records.datasets import SPLITS, Case, CaseSlice, DatasetVersion
from pages.ui.datasets import address as datasets_address
from pages.ui.datasets.address import Address
from pages.ui.language import N_, _, say
from pages.ui.resources import actor, workbench
from pages.ui.text import label, visible
from pages.ui.verbatim import plain

PAGE = 50
LONGEST_CELL = 300
SPLIT_NAMES = {"train": N_("train"), "validation": N_("validation"), "test": N_("test")}


def rows(version: DatasetVersion, here: Address) -> None:
    """The table with its filter, and the chosen case below it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        filters(version, here.which)
        add_form(version)
    saved_slices(version, here.which)
    page = workbench().datasets.page(version.id, here.which, offset=here.page * PAGE, limit=PAGE)
    if not page.cases:
        st.markdown(_("**No row fits.** Take a filter off, or search for less."))
        return
    st.caption(_("{count} rows. Choose one to see all of it.").format(count=f"{page.total:,}"))
    chosen = table(version, page.cases, here.page)
    pager(here.page, page.total)
    if chosen is not None:
        one(version, chosen)


def filters(version: DatasetVersion, which: CaseSlice) -> None:
    """Search, one column's value, and the split."""
    st.text_input(_("Search"), key=_widget("q", which.search), type="search",
                  placeholder=_("Any text; Japanese too"), on_change=_take,
                  args=("q", which.search))  # fmt: skip
    column, value = next(iter(which.equals.items()), ("", ""))
    with st.popover(_("Filter"), icon=":material/tune:", key="datasets.filter"):
        st.selectbox(_("Column"), ["", *version.columns], key=_widget("column", column),
                     format_func=lambda one: visible(one) or "–",
                     on_change=_take, args=("column", column))  # fmt: skip
        if column:
            st.text_input(_("has exactly the value"), key=_widget("value", value),
                          on_change=_take, args=("value", value))  # fmt: skip
        if version.split is not None:
            hidden = version.split.sealed
            st.selectbox(
                _("Split"), ["", *(one for one in SPLITS if not (hidden and one == "test"))],
                key=_widget("split", which.split or ""),
                format_func=lambda one: _(SPLIT_NAMES[one]) if one else _("all"),
                on_change=_take, args=("split", which.split or ""),
            )  # fmt: skip


def _widget(name: str, value: str) -> str:
    """A key; the widget shows what the address says."""
    key = f"datasets.case.{name}.{value}"
    st.session_state.setdefault(key, value)
    return key


def _take(name: str, value: str) -> None:
    datasets_address.put(name, st.session_state[f"datasets.case.{name}.{value}"])


def saved_slices(version: DatasetVersion, which: CaseSlice) -> None:
    """Slices by name: shown with a click, kept from the filter that is set."""
    datasets = workbench().datasets
    saved = datasets.slices(version.dataset_id)
    filtered = which != CaseSlice()
    if not saved and not filtered:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for one in saved:
            st.button(label(one.name, most=30), key=f"datasets.slice.{one.name}",
                      icon=":material/filter_alt:", on_click=datasets_address.show_cases,
                      args=(one,))  # fmt: skip
        if not filtered:
            return
        with st.popover(_("Keep as a slice"), icon=":material/bookmark_add:"):
            with st.form("datasets.slice", border=False):
                name = st.text_input(_("Name of the slice"))
                sent = st.form_submit_button(_("Keep"))
            if sent:
                try:
                    datasets.save_slice(
                        version.dataset_id,
                        CaseSlice(which.equals, which.search, which.split, name),
                        actor=actor(),
                    )
                except WorkbenchError as error:
                    say(error)
                else:
                    st.rerun()
        st.button(_("Show all rows"), icon=":material/filter_alt_off:", type="tertiary",
                  key="datasets.all", on_click=datasets_address.show_cases,
                  args=(CaseSlice(),))  # fmt: skip


def table(version: DatasetVersion, shown: Sequence[Case], page: int) -> Case | None:
    """The cases as a table; the one that is chosen in it."""
    names = ["id", *(["split"] if version.split or any(c.split for c in shown) else [])]
    frame = pd.DataFrame(
        [
            [case.id, *([case.split or ""] if len(names) == 2 else []),
             *(visible(case.fields.get(c, "")[:LONGEST_CELL]) for c in version.columns)]
            for case in shown
        ],
        columns=[*names, *(f"{c} " if c in names else visible(c) for c in version.columns)],
    )  # fmt: skip
    event = st.dataframe(
        frame, hide_index=True, key=f"datasets.table.{version.id}.{page}", on_select="rerun",
        selection_mode="single-row", alt=_("The rows of this version"),
    )  # fmt: skip
    chosen = event["selection"]["rows"]
    return shown[chosen[0]] if chosen and chosen[0] < len(shown) else None


def pager(page: int, total: int) -> None:
    """The pages before and after."""
    last = (total - 1) // PAGE
    if last <= 0:
        return
    with st.container(horizontal=True, horizontal_alignment="center",
                      vertical_alignment="center"):  # fmt: skip
        st.button(_("Previous"), key="datasets.previous", icon=":material/chevron_left:",
                  disabled=page == 0, on_click=datasets_address.put,
                  args=("page", str(page)))  # fmt: skip
        st.caption(_("page {page} of {last}").format(page=page + 1, last=last + 1),
                   width="content")  # fmt: skip
        st.button(_("Next"), key="datasets.next", icon=":material/chevron_right:",
                  icon_position="right", disabled=page >= last, on_click=datasets_address.put,
                  args=("page", str(page + 2)))  # fmt: skip


def one(version: DatasetVersion, case: Case) -> None:
    """A case in full, to be corrected or taken out."""
    st.subheader(label(case.id), anchor=False)
    for name in version.columns:
        if name in case.fields:
            st.caption(label(name))
            plain(case.fields[name] or " ")
    with st.container(horizontal=True):
        st.button(_("Take this row out"), icon=":material/remove:", key="datasets.remove",
                  on_click=remove, args=(version.dataset_id, case.id),
                  help=_("Makes a new version without it; this version keeps it."))  # fmt: skip


def remove(dataset_id: str, case_id: str) -> None:
    """A version without the case."""
    try:
        made = workbench().datasets.remove_cases(dataset_id, [case_id], actor=actor())
    except WorkbenchError as error:
        say(error)
    else:
        datasets_address.show(made.dataset_id, made.id)


def add_form(version: DatasetVersion) -> None:
    """A row by hand. It makes a new version."""
    with st.popover(_("Add a row"), icon=":material/add:", key="datasets.add"):
        with st.form(f"datasets.add.{version.id}", border=False, clear_on_submit=True):
            fields = {
                name: st.text_area(label(name), height=68, key=f"datasets.add.{name}")
                for name in version.columns[:30]
            }
            sent = st.form_submit_button(_("Add"), type="primary")
        if not sent:
            return
        filled = {name: text for name, text in fields.items() if text}
        if not filled:
            st.caption(_("Fill in at least one field."))
            return
        try:
            made = workbench().datasets.add_by_hand(version.dataset_id, filled, actor=actor())
        except WorkbenchError as error:
            say(error)
        else:
            datasets_address.show(made.dataset_id, made.id)
            st.toast(_("Added as version {number}.").format(number=made.number))
            st.rerun()
