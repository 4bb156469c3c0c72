"""What the reviewers of a round wrote, as wishes that an optimizer reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.errors import WorkbenchError
from core.review.outcome import Feedback
from pages.ui.language import _, say
from pages.ui.resources import person, workbench
from pages.ui.review.words import reason_title
from pages.ui.text import label

MOST = 30
"""An optimizer reads no more of them."""


def wishes(round_id: str, picked: Sequence[str], dataset_version_id: str) -> list[str]:
    """Comments with the reasons beside them; of some reasons only, where any are `picked`.

    What was said of cases that a verdict will rest on stays where it is.
    """
    try:
        asked = workbench().reviews.round(round_id, person())
        found = workbench().reviews.feedback(round_id, person())
        tuning = workbench().optimizations.drafts.tuning_ids(dataset_version_id)
    except WorkbenchError as error:
        say(error)
        return []
    of_a_dataset = asked.source.dataset_version_id is not None
    used = [one for one in found if not of_a_dataset or one.case_id in tuning]
    lines = lines_of(used, picked)[:MOST]
    st.caption(_("{count} lines of the review “{title}” are taken along as wishes. Take out what "
                 "the prompt cannot mend.").format(
        count=len(lines), title=label(asked.settings.title)))  # fmt: skip
    if len(used) < len(found):
        words = _("What was said of {count} other answers is left out: their cases are no tuning "
                  "cases of this dataset.")  # fmt: skip
        st.caption(words.format(count=len(found) - len(used)))
    return lines


def lines_of(found: Sequence[Feedback], picked: Sequence[str]) -> list[str]:
    """Each comment once, the most frequent first, then reasons that nobody commented on."""
    said: Counter[str] = Counter()
    beside: dict[str, dict[str, None]] = {}
    reasons: Counter[str] = Counter()
    commented: set[str] = set()
    for one in found:
        codes = [code for code in one.reasons if not picked or code in picked]
        if picked and not codes:
            continue
        reasons.update(codes)
        for comment in filter(None, (" ".join(text.split()) for text in one.comments)):
            said[comment] += 1
            beside.setdefault(comment, {}).update(dict.fromkeys(codes))
            commented.update(codes)
    lines = [
        f"{', '.join(map(reason_title, beside[text]))}: {text}" if beside[text] else text
        for text, _count in said.most_common()
    ]
    return lines + [
        _("{reason}: {count} verdicts of reviewers turned on it.").format(
            reason=reason_title(code), count=count)
        for code, count in reasons.most_common()
        if code not in commented
    ]  # fmt: skip
