"""What a candidate's failures have in common."""

from __future__ import annotations

import streamlit as st

from core.evaluation.failure_groups import FailureGroup, FeatureKind
from core.evaluation.metrics.reasons import reason_words
from core.evaluation.results import Results
from pages.ui.evaluate import address as evaluate_address
from pages.ui.evaluate.address import Address
from pages.ui.evaluate.rows import choice
from pages.ui.evaluate.words import brief
from pages.ui.language import N_, _
from pages.ui.resources import workbench
from pages.ui.text import label

SHOWN = 5
KINDS: dict[FeatureKind, str] = {
    "error": N_("The call ended as {value}"),
    "label": N_("Expected {name}, found {value}"),
    "reason": N_("Reason: {value}"),
    "column": N_("{name} is {value}"),
    "language": N_("The answer's language is {value}"),
    "length": N_("The answer is {value}"),
    "missing_number": N_("A number of the expected answer is missing"),
    "similar_answers": N_("Answers like: {value}"),
    "similar_inputs": N_("Inputs like: {value}"),
}
LENGTHS = {
    "empty": N_("empty"),
    "short": N_("much shorter than expected"),
    "long": N_("much longer than expected"),
}


def failures(found: Results, here: Address) -> None:
    """The groups of one candidate under the metric that the rows show."""
    wanted = choice(found, here.rows)
    if wanted.signature not in found.infos:
        return
    opened = st.expander(_("What failed answers have in common"), icon=":material/hub:",
                         key="evaluate.failures", on_change="rerun")  # fmt: skip
    if not opened.open:
        return
    with opened:
        people = brief(found.evaluation)
        candidate = st.segmented_control(
            _("Candidate"), list(people), default=wanted.b or wanted.a, required=True,
            key="evaluate.failures.of", format_func=lambda one: label(people[one], 60),
            label_visibility="collapsed",
        )  # fmt: skip
        groups = workbench().evaluations.failures(
            found.evaluation.id, wanted.signature, candidate or wanted.a
        )
        if not groups:
            st.caption(_("No two failures share anything that the other answers do not."))
        for number, group in enumerate(groups):
            line(group, number)


def line(group: FailureGroup, number: int) -> None:
    """A group: what it shares, how many of how many fail, and the first cases."""
    kind, name, value = group.feature
    if kind == "length":
        value = _(LENGTHS[value])
    elif kind == "reason":
        value = reason_words(value, _)
    elif kind == "label":
        value = value or _("no clear label")
    text = _(KINDS[kind]).format(name=label(name), value=label(value))
    st.markdown(f"**{text}** – " + _("{failed} of {count} fail").format(
        failed=f"{len(group.case_ids):,}", count=f"{group.of:,}"))  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for case_id in group.case_ids[:SHOWN]:
            st.button(label(case_id, 30), key=f"evaluate.failure.{number}.{case_id}",
                      type="tertiary", on_click=evaluate_address.put,
                      args=("case", case_id))  # fmt: skip
