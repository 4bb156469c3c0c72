"""The address of the compare page: which comparison, and how it is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

View = Literal["grid", "judge", "present"]
VIEWS: tuple[View, ...] = ("grid", "judge", "present")


@dataclass(frozen=True, slots=True)
class Address:
    """What the page shows. Without a comparison: the list, or the form for a new one.

    `scene` counts the rows of the presenter from 1, `item` what is to be judged; `pair` are the
    two candidates that are judged.
    """

    comparison_id: str = ""
    view: View = "grid"
    new: bool = False
    scene: int = 1
    item: int = 1
    pair: tuple[str, str] | None = None


def address() -> Address:
    """Read the page's own address; what cannot be read is left out."""
    query = st.query_params
    left, _dash, right = query.get("pair", "").partition("-")
    return Address(
        comparison_id=query.get("comparison", ""),
        view=next((one for one in VIEWS if one == query.get("view")), "grid"),
        new="new" in query,
        scene=counted(query.get("scene", "")),
        item=counted(query.get("item", "")),
        pair=(left, right) if left and right and left != right else None,
    )


def counted(text: str) -> int:
    """A number from 1 on; 1 when it is none."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 100_000 else 1


def show_list() -> None:
    """All saved comparisons."""
    st.query_params.clear()


def show_form() -> None:
    """The form for a new comparison."""
    st.query_params.from_dict({"new": "yes"})


def show(comparison_id: str, view: View = "grid") -> None:
    """A comparison."""
    shown = {"comparison": comparison_id}
    st.query_params.from_dict(shown if view == "grid" else {**shown, "view": view})


def show_scene(number: int) -> None:
    """A row in the presenter."""
    st.query_params["scene"] = str(number)


def show_item(number: int) -> None:
    """Something to judge."""
    st.query_params["item"] = str(number)


def show_pair(pair: str) -> None:
    """Judge these two candidates from the first row on; an empty text means all pairs."""
    st.query_params.pop("item", None)
    if pair:
        st.query_params["pair"] = pair
    else:
        st.query_params.pop("pair", None)
