"""What the reviewers of a round wrote, as wishes that an optimizer reads."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from core.errors import WorkbenchError
from pages.ui.language import _, say
from pages.ui.resources import person, workbench
from pages.ui.text import label

MOST = 30
"""An optimizer reads no more of them."""


def wishes(round_id: str, dataset_version_id: str) -> list[str]:
    """Comments, what was said most often first. Those on test cases stay where they are."""
    try:
        name = workbench().reviews.round(round_id, person()).settings.title
        found = workbench().reviews.feedback(round_id, person())
        tuning = workbench().optimizations.tuning_ids(dataset_version_id)
    except WorkbenchError as error:
        say(error)
        return []
    used = [one for one in found if one.case_id in tuning]
    counted = Counter(" ".join(text.split()) for one in used for text in one.comments)
    lines = [text for text, _count in counted.most_common(MOST) if text]
    told = _("{count} comments of the review “{title}” are taken along as wishes. Read them below.")
    st.caption(told.format(count=len(lines), title=label(name)))
    if len(used) < len(found):
        words = _("What was said of {count} other answers is left out: their cases are no tuning "
                  "cases of this dataset.")  # fmt: skip
        st.caption(words.format(count=len(found) - len(used)))
    return lines
