"""What people would say of all cases, under the boards: few labels corrected by many scores."""

from __future__ import annotations

import streamlit as st

from core.records.leaderboard import MetricChoice
from pages.ui.language import _
from pages.ui.resources import person, workbench
from pages.ui.review import judges as review_judges
from pages.ui.text import label


def estimates(version_id: str, metric: MetricChoice) -> None:
    """Those of the closed rounds on a dataset version; worked out once somebody asks for them."""
    if not workbench().store.overview.now().rounds:
        return  # what reviews need is imported only when there is one
    closed = [
        line
        for line in workbench().reviews.rounds(person())
        if not line.round.open and line.round.source.dataset_version_id == version_id
    ]
    if not closed:
        return
    opened = st.expander(
        _("What people would say of all cases ({count} rounds)").format(count=len(closed)),
        icon=":material/groups:", key="leaderboard.people", on_change="rerun",
    )  # fmt: skip
    if not opened.open:
        return
    with opened:
        shown = False
        for asked, found in workbench().reviews.estimates_on(version_id, person()):
            wanted = [one for one in found if metric.kind == "verdicts"
                      or one.metric == metric.metric]  # fmt: skip
            if not wanted:
                continue
            shown = True
            st.page_link("pages/improve/review.py", label=label(asked.settings.title, most=120),
                         icon=":material/rate_review:",
                         query_params={"round": asked.id, "view": "judges"})  # fmt: skip
            review_judges.table(asked, wanted)
        if shown:
            review_judges.explained()
        else:
            st.caption(_("People judged none of the answers that this metric scored. Choose "
                         "another metric, or ask reviewers about an evaluation."))  # fmt: skip
