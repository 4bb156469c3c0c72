"""One case of an evaluation: its fields, every answer with its scores and their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.evaluation.metrics.reasons import reason_words
from core.evaluation.results import Results
from core.evaluation.words import scale_of, value_words
from core.records.evaluations import Battle, CaseDetail, Response, ScoredResponse
from pages.ui import facts
from pages.ui.evaluate.words import brief, metric_title
from pages.ui.language import _
from pages.ui.resources import workbench
from pages.ui.text import label, sanitised
from pages.ui.verbatim import plain

MOST_COLUMNS = 3
RESULTS = {"a": "A", "b": "B"}


def case(found: Results, case_id: str) -> None:
    """All of it, below the rows."""
    detail = workbench().evaluations.detail(found.evaluation.id, case_id)
    if detail is None:
        st.caption(_("This evaluation has no case {id}.").format(id=label(case_id)))
        return
    with st.container(border=True, key="evaluate.case"):
        st.subheader(label(detail.case.id), anchor=False)
        fields(detail.case.fields)
        columns = st.columns(min(MOST_COLUMNS, max(1, len(detail.answers))))
        for number, answer in enumerate(detail.answers):
            with columns[number % len(columns)]:
                one(found, answer, scores_of(detail, answer))
        for battle in detail.battles:
            judged(found, battle)


def fields(values: Mapping[str, str]) -> None:
    """The columns of the case; the expected answer first."""
    if "reference" in values:
        st.markdown("**" + _("Expected answer") + "**")
        plain(values["reference"] or " ")
    with st.expander(_("Fields of the case")):
        for name, text in values.items():
            st.caption(label(name))
            plain(text or " ")


def scores_of(detail: CaseDetail, answer: Response) -> list[ScoredResponse]:
    """The scores of an answer."""
    return [
        one
        for one in detail.scores
        if (one.candidate, one.repeat) == (answer.candidate, answer.repeat)
    ]


def one(found: Results, answer: Response, scores: Sequence[ScoredResponse]) -> None:
    """An answer with its scores."""
    name = brief(found.evaluation).get(answer.candidate, answer.candidate)
    more = f" · {answer.repeat + 1}" if found.evaluation.repeats > 1 else ""
    st.markdown(f"**{label(name + more)}**")
    other = workbench().evaluations.table(found.evaluation.id).apart.get(answer.key)
    if other is not None:
        st.badge(_("Not comparable: {model} answered").format(model=label(other)), color="orange",
                 icon=":material/alt_route:")  # fmt: skip
    if answer.error:
        st.error(label(f"{answer.error}: {answer.problem}", most=600), icon=":material/error:")
    else:
        plain(answer.text or " ")
    for scored in scores:
        score(found, scored)
    parts = [facts.seconds(answer.total_ms), facts.money(answer.cost_usd)]
    st.caption(label(" · ".join(parts)))
    if answer.run_id:
        st.page_link("pages/studio/history.py", label=_("Open in history"),
                     query_params={"run": answer.run_id}, icon=":material/history:")  # fmt: skip


def score(found: Results, scored: ScoredResponse) -> None:
    """A value with its reason; what is behind it on demand."""
    value = value_words(scored.score.value, scale_of(found, scored.signature))
    status = {"error": _("error"), "not_applicable": _("not applicable")}.get(scored.score.status)
    colour = "red" if scored.score.status == "error" else "gray"
    told = f":{colour}-badge[{label(status)}]" if status else f"**{label(value)}**"
    reason = sanitised(reason_words(scored.score.reason, _))
    st.markdown(f"{metric_title(scored.metric)}: {told}" + (f"  \n{reason}" if reason else ""))
    behind(scored)


def behind(scored: ScoredResponse) -> None:
    """Questions with their verdicts, or the votes of a judge."""
    details: Mapping[str, Any] = scored.score.details
    for question in details.get("questions", ()):
        sign = "✓" if question.get("verdict") else "✗"
        text = f"{sign} {question.get('text', '')} – {question.get('reason', '')}"
        st.caption(label(text, most=400))
    votes = details.get("votes", ())
    if len(votes) > 1:
        st.caption(_("Votes: {votes}").format(
            votes=", ".join(f"{vote.get('rating')}" for vote in votes)))  # fmt: skip


def judged(found: Results, battle: Battle) -> None:
    """A pair and what the judge said of it in both orders."""
    names = brief(found.evaluation)
    winner = {"a": names.get(battle.a, "A"), "b": names.get(battle.b, "B"), "tie": _("Tie"),
              None: _("error")}[battle.result]  # fmt: skip
    text = f"**{metric_title(battle.metric)}**: {label(winner)}"
    if battle.consistent is False:
        text += " · " + _("the two orders disagree")
    st.markdown(text + f"  \n{sanitised(battle.reason)}")
