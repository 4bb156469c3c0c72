"""The address of the evaluate page: which evaluation, which rows of it, which case.

The address is what counts, so that a view can be sent on and F5 and Back show what they showed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from core.evaluation.results import SHOWS, RowFilter

NEW = "new"
_OF_ROWS = ("metric", "a", "b", "show", "min", "max", "q", "column", "value", "page")


@dataclass(frozen=True, slots=True)
class Address:
    """What the page shows: the list, the form for a new evaluation, or one evaluation."""

    evaluation_id: str = ""
    view: str = ""
    case_id: str = ""
    page: int = 0
    cluster: str = ""
    rows: RowFilter = field(default_factory=RowFilter)


def address() -> Address:
    """Read the page's own address; what cannot be read is left out."""
    query = {name: st.query_params[name] for name in st.query_params}
    page = query.get("page", "")
    return Address(
        query.get("evaluation", ""),
        NEW if query.get("view") == NEW else "",
        query.get("case", ""),
        int(page) - 1 if page.isdecimal() and 0 < int(page) < 10**6 else 0,
        query.get("cluster", ""),
        RowFilter(
            signature=query.get("metric", ""),
            a=query.get("a", ""),
            b=query.get("b", ""),
            show=next((one for one in SHOWS if one == query.get("show")), "all"),
            minimum=number(query.get("min", "")),
            maximum=number(query.get("max", "")),
            search=query.get("q", ""),
            column=query.get("column", ""),
            value=query.get("value", ""),
        ),
    )


def number(text: str) -> float | None:
    """A bound of a score; None for what is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def show(evaluation_id: str = "", **more: str) -> None:
    """Show the list, or an evaluation."""
    named = {"evaluation": evaluation_id, **more}
    st.query_params.from_dict({name: text for name, text in named.items() if text})


def show_new() -> None:
    """Show the form."""
    st.query_params.from_dict({"view": NEW})


def put(name: str, text: str) -> None:
    """Set or take off one part; another choice of rows starts with its first page."""
    if name in _OF_ROWS and name != "page":
        st.query_params.pop("page", None)
        st.query_params.pop("case", None)
    if text:
        st.query_params[name] = text
    else:
        st.query_params.pop(name, None)


def put_rows(**parts: str) -> None:
    """Choose other rows: what is not named is taken off, but for the metric and the pair."""
    for name in _OF_ROWS:
        if name not in ("metric", "a", "b"):
            put(name, "")
    for name, text in parts.items():
        put(name, text)


def known(choice: str, options: Sequence[str], place: int = 0) -> str:
    """The choice if there is such an option, else the one at the place, if there is one."""
    if choice in options:
        return choice
    return options[place] if place < len(options) else ""
