"""Where to go from a model that has ended, ends, or is answered by another one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.records.models import ModelRef
from pages.ui import badges
from pages.ui.language import _
from pages.ui.text import label


def are_needed(ref: ModelRef) -> bool:
    """Whether there is something to move away from."""
    return badges.info(ref).stage in ("retiring", "retired")


def links(ref: ModelRef, opened: Mapping[str, str]) -> None:
    """The model's dates, and the prompt checked for its successor; `opened` is its address."""
    info = badges.info(ref)
    successor = info.successor or info.reroutes_to
    with st.container(horizontal=True, gap="small"):
        st.page_link(
            "pages/operate/models.py", icon=":material/event_upcoming:",
            label=_("Dates and successor of {model}").format(model=label(ref.model)),
            query_params={"model": str(ref)},
        )  # fmt: skip
        if successor is not None and opened:
            st.page_link(
                "pages/studio/prompt.py", icon=":material/rule:",
                label=_("Check the prompt for {model}").format(model=label(successor.model)),
                query_params={**opened, "check": str(successor)},
            )  # fmt: skip
