"""The cases of an evaluation, row by row: which got better, which got worse, which failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.metrics.reasons import reason_words
from core.evaluation.results import Results, RowFilter
from core.evaluation.score_table import CaseRow
from core.evaluation.words import scale_of, value_words
from pages.ui.compare import begin as compare_begin
from pages.ui.evaluate import address as evaluate_address
from pages.ui.evaluate.address import Address
from pages.ui.evaluate.words import SHOWS, brief, signature_title
from pages.ui.language import _
from pages.ui.resources import workbench
from pages.ui.text import shortened, visible

PAGE = 50
LONGEST_CELL = 160
LONGEST_REASON = 200
SLICE = "evaluate.rows.slice"


def rows(found: Results, here: Address) -> str:
    """Filters, the table, the pager; returns the case that is chosen in it."""
    wanted = choice(found, here.rows)
    filters(found, wanted)
    page = workbench().evaluations.rows(
        found.evaluation.id, wanted, offset=here.page * PAGE, limit=PAGE
    )
    if not page.rows:
        st.markdown(_("**No row fits.** Take a filter off, or search for less."))
        return ""
    st.caption(_("{count} rows. Choose one to see answers, scores and reasons.").format(
        count=f"{page.total:,}"))  # fmt: skip
    chosen = table(found, wanted, page.rows, here.page)
    pager(here.page, page.total)
    pair = [one for one in found.evaluation.candidates if one.key in (wanted.a, wanted.b)]
    if len(pair) > 1:
        compare_begin.cases_button(
            found.evaluation.dataset_version_id, [row.case for row in page.rows], pair
        )
    return chosen


def choice(found: Results, asked: RowFilter) -> RowFilter:
    """The filter of the address, with a metric and a pair that there are."""
    signatures = [*found.infos, *found.paired]
    keys = [one.key for one in found.evaluation.candidates]
    a = evaluate_address.known(asked.a, keys)
    others = [key for key in keys if key != a]
    return replace(
        asked,
        signature=evaluate_address.known(asked.signature, signatures),
        a=a,
        b=evaluate_address.known(asked.b, others),
    )


def filters(found: Results, wanted: RowFilter) -> None:
    """Metric, pair, what the pair does, a search; the rest in a popover."""
    names = [info.name for info in found.infos.values()] + list(found.paired.values())
    metrics = {
        **{s: signature_title(s, info.name, names) for s, info in found.infos.items()},
        **{s: signature_title(s, name, names) for s, name in found.paired.items()},
    }
    people = brief(found.evaluation)
    with st.container(horizontal=True, vertical_alignment="bottom", key="evaluate.filters"):
        select("metric", _("Metric"), metrics, wanted.signature, width=240)
        if len(people) > 1:
            select("a", "A", people, wanted.a, width=260)
            others = {key: name for key, name in people.items() if key != wanted.a}
            select("b", "B", others, wanted.b, width=260)
        shows: dict[str, str] = {one: _(words) for one, words in SHOWS.items()
                 if len(people) > 1 or one in ("all", "errors")}  # fmt: skip
        select("show", _("Show"), shows, wanted.show, width=180)
        st.text_input(
            _("Search the cases"), key=widget("q", wanted.search), type="search", live=True,
            placeholder=_("Any text; Japanese too"), on_change=take, args=("q",), width=220,
        )  # fmt: skip
        with st.popover(_("More filters"), icon=":material/tune:", key="evaluate.more"):
            of_slice(found, wanted)
            bounds(wanted)
            of_column(found, wanted)
    if wanted != choice(found, RowFilter(signature=wanted.signature, a=wanted.a, b=wanted.b)):
        st.button(_("Show all rows"), icon=":material/filter_alt_off:", type="tertiary",
                  key="evaluate.all", on_click=evaluate_address.put_rows)  # fmt: skip


def bounds(wanted: RowFilter) -> None:
    """From which score to which, of A."""
    for name, words, value in (("min", _("Score of A from"), wanted.minimum),
                               ("max", _("Score of A to"), wanted.maximum)):  # fmt: skip
        st.number_input(words, value=None, format="%.4f", step=0.1, key=widget(name, value),
                        on_change=take, args=(name,))  # fmt: skip


def of_slice(found: Results, wanted: RowFilter) -> None:
    """A slice that was kept with the dataset, where this table's own filters can stand for it."""
    version = workbench().datasets.version(found.evaluation.dataset_version_id)
    kept = {
        one.name: (*next(iter(one.equals.items()), ("", "")), one.search)
        for one in workbench().datasets.slices(version.dataset_id)
        if one.split is None and len(one.equals) < 2
    }
    if not kept:
        return
    now = (wanted.column, wanted.value, wanted.search)
    st.session_state[SLICE] = next((name for name, one in kept.items() if one == now), "")

    def choose() -> None:
        column, value, search = kept.get(st.session_state[SLICE], ("", "", ""))
        for name, text in (("column", column), ("value", value), ("q", search)):
            evaluate_address.put(name, text)

    st.selectbox(_("Slice"), ["", *kept], key=SLICE, on_change=choose,
                 format_func=lambda one: visible(one) or "–")  # fmt: skip


def of_column(found: Results, wanted: RowFilter) -> None:
    """Cases that have a value in a column."""
    version = workbench().datasets.version(found.evaluation.dataset_version_id)
    select("column", _("Column"), {"": "–", **{one: one for one in version.columns}}, wanted.column)
    if wanted.column:
        st.text_input(_("has exactly the value"), key=widget("value", wanted.value),
                      on_change=take, args=("value",))  # fmt: skip


def select(
    name: str, words: str, options: Mapping[str, str], value: str, width: Any = "stretch"
) -> None:
    """A field whose value is the address's."""
    st.selectbox(
        words, list(options), key=widget(name, value), on_change=take, args=(name,), width=width,
        format_func=lambda one: shortened(visible(options.get(one, one).replace("\\", "")), 60),
    )  # fmt: skip


def widget(name: str, value: object) -> str:
    """The key of a widget, set to what the address says where that differs."""
    key = f"evaluate.rows.{name}"
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def take(name: str) -> None:
    """Bring a widget's value into the address."""
    value = st.session_state[f"evaluate.rows.{name}"]
    if name == "show" and value == "all":
        value = ""
    evaluate_address.put(name, "" if value is None else str(value))


def table(found: Results, wanted: RowFilter, page: Sequence[CaseRow], number: int) -> str:
    """The rows as a table; the id of the one that is chosen."""
    people = brief(found.evaluation)
    scale = scale_of(found, wanted.signature)
    paired = wanted.signature in found.paired
    version = workbench().datasets.version(found.evaluation.dataset_version_id)
    first = [one for one in version.columns if one != "reference"][:2]
    any_apart = any(one.apart for one in found.served)
    lines: list[list[str]] = []
    for row in page:
        cells = [row.case.id, *(cell(row, one) for one in first), cell(row, "reference")]
        if paired:
            cells.append(value_words(row.values.get(f"{wanted.a}:{wanted.b}"), "share"))
        else:
            cells += [value_words(row.values.get(key), scale) for key in people]
        cells.append(str(row.errors) if row.errors else "")
        if any_apart:
            cells.append(str(row.apart) if row.apart else "")
        cells.append(why(row, people, wanted))
        lines.append(cells)
    scored = [_("B wins")] if paired else [shortened(visible(one), 40) for one in people.values()]
    names = [_("Case"), *(visible(one) for one in first), _("expected"), *scored, _("Errors"),
             *([_("Not comparable")] if any_apart else []), _("Reasons")]  # fmt: skip
    frame = pd.DataFrame(lines, columns=distinct(names))
    event = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="single-row",
        key=f"evaluate.table.{found.evaluation.id}.{wanted}.{number}",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    return page[picked[0]].case.id if picked and picked[0] < len(page) else ""


def why(row: CaseRow, people: Mapping[str, str], wanted: RowFilter) -> str:
    """The reasons of the scores; all of a case is told when it is chosen."""
    pair = row.reasons.get(f"{wanted.a}:{wanted.b}")
    if pair is not None:
        return visible(reason_words(pair, _))[:LONGEST_REASON]
    told = {key: visible(reason_words(row.reasons[key], _)) for key in people if key in row.reasons}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))[:LONGEST_REASON]
    return " / ".join(f"{people[key]}: {text[:LONGEST_REASON]}" for key, text in told.items())


def distinct(names: Sequence[str]) -> list[str]:
    """Names of columns, none twice: a space tells equal ones apart and is not seen."""
    found: list[str] = []
    for name in names:
        while name in found:
            name += " "
        found.append(name)
    return found


def cell(row: CaseRow, column: str) -> str:
    """The beginning of a field."""
    return visible(row.case.fields.get(column, "")[:LONGEST_CELL])


def pager(page: int, total: int) -> None:
    """Pages before and after."""
    pages = (total + PAGE - 1) // PAGE
    if pages < 2:
        return

    def go(to: int) -> None:
        evaluate_address.put("case", "")
        evaluate_address.put("page", str(to + 1))

    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        st.button(_("Previous"), icon=":material/chevron_left:", key="evaluate.before",
                  disabled=page == 0, on_click=go, args=(page - 1,))  # fmt: skip
        st.caption(_("Page {number} of {count}").format(number=page + 1, count=pages),
                   width="content")  # fmt: skip
        st.button(_("Next"), icon=":material/chevron_right:", key="evaluate.after",
                  icon_position="right", disabled=page + 1 >= pages, on_click=go,
                  args=(page + 1,))  # fmt: skip
