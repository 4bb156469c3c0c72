"""The address of the review page: which round and view, and the invite that somebody came by."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.ui.language import _

NEW = "new"
JUDGE = "judge"
VIEWS = ("progress", "results", "splits", "judges", "feedback")


@dataclass(frozen=True, slots=True)
class Address:
    """What the page shows: the list, the form for a new round, a round, or its next item.

    With a `token` it is the bare page of an invited reviewer, who goes by `name`.
    """

    round_id: str = ""
    view: str = ""
    token: str = ""
    name: str = ""


def address() -> Address:
    """Read the page's own address; what cannot be read is left out."""
    query = {name: st.query_params[name] for name in st.query_params}
    view = query.get("view", "")
    return Address(
        query.get("round", ""),
        view if view in (*VIEWS, NEW, JUDGE) else "",
        query.get("invite", ""),
        query.get("as", ""),
    )


def show(round_id: str = "", view: str = "") -> None:
    """Show the list, a round, or a view of it."""
    named = {"round": round_id, "view": view}
    st.query_params.from_dict({name: text for name, text in named.items() if text})


def show_new() -> None:
    """Show the form."""
    st.query_params.from_dict({"view": NEW})


def ask_link(origin: str, **query: str) -> None:
    """The way to the form from where the answers are shown; `query` says which they are."""
    st.page_link("pages/improve/review.py", label=_("Ask reviewers"),
                 icon=":material/rate_review:",
                 query_params={"view": NEW, "origin": origin, **query})  # fmt: skip


def link(round_id: str, token: str) -> str:
    """The address that a reviewer opens, on the server as this browser calls it."""
    base = (st.context.url or "").split("?")[0].rstrip("/")
    if not base.endswith("/review"):
        base += "/review"
    return f"{base}?round={round_id}&invite={token}"
