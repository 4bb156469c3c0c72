"""The address of the datasets page: which dataset, version and view, and which cases.

As on the history page the address is what counts, so that a view can be sent on and F5 and Back
show what they showed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from core.records.datasets import ALL_CASES, SPLITS, CaseSlice

VIEWS = ("rows", "profile", "versions", "split", "manage")
IMPORT = "import"
_OF_CASES = ("q", "column", "value", "split", "page")


@dataclass(frozen=True, slots=True)
class Address:
    """What the page shows. Without a dataset it is the list, or the import of a new one."""

    dataset_id: str = ""
    version_id: str = ""
    view: str = ""
    page: int = 0
    which: CaseSlice = field(default=ALL_CASES)


def address() -> Address:
    """Read the page's own address; what cannot be read is left out."""
    query = {name: st.query_params[name] for name in st.query_params}
    view = query.get("view", "")
    page = query.get("page", "")
    equals = {query["column"]: query.get("value", "")} if query.get("column") else {}
    split = next((one for one in SPLITS if one == query.get("split")), None)
    return Address(
        query.get("dataset", ""),
        query.get("version", ""),
        view if view in (*VIEWS, IMPORT) else "",
        int(page) - 1 if page.isdecimal() and 0 < int(page) < 10**6 else 0,
        CaseSlice(equals, query.get("q", ""), split),
    )


def show(dataset_id: str = "", version_id: str = "", view: str = "") -> None:
    """Show the list, a dataset, or one of its versions; the filter of the cases is taken off."""
    named = {"dataset": dataset_id, "version": version_id, "view": view}
    st.query_params.from_dict({name: text for name, text in named.items() if text})


def show_view(view: str) -> None:
    """Another view of the same version; its filter stays."""
    put("view", view)


def put(name: str, text: str) -> None:
    """Set or take off one part; another filter starts with its first page."""
    if name in _OF_CASES:
        st.query_params.pop("page", None)
    if text:
        st.query_params[name] = text
    else:
        st.query_params.pop(name, None)


def show_cases(which: CaseSlice) -> None:
    """Filter by a slice."""
    column, value = next(iter(which.equals.items()), ("", ""))
    for name, text in (("q", which.search), ("column", column), ("value", value),
                       ("split", which.split or "")):  # fmt: skip
        put(name, text)
