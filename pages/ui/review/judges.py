"""Judges against people, and what people would say of the cases that nobody judged."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.evaluation.agreement import FEWEST_LABELS
from core.records.review import ReviewRound
from core.review.outcome import Calibration, Disagreement, Estimate
from pages.ui.evaluate.words import metric_title
from pages.ui.language import _
from pages.ui.resources import person, workbench
from pages.ui.review.results import (
    amount,
    interval_words,
    kappa_title,
    kappa_words,
    matrix,
    number,
    rates,
    share,
)
from pages.ui.review.words import label_words, reason_title
from pages.ui.text import label, visible

SHOWN = 20


def judges(asked: ReviewRound) -> None:
    """Calibration by metric and slice, then the estimates."""
    st.header(_("Can the judges be trusted?"), anchor=False)
    column = column_field(asked)
    found = workbench().reviews.calibration(asked.id, person(), column)
    if not found:
        st.caption(_("There are no scores of a judge for these answers. Take the answers of an "
                     "evaluation that has one."))  # fmt: skip
        return
    st.dataframe([row(one) for one in found], hide_index=True, width="stretch")
    st.caption(_("Kappa and alpha are 1 for full agreement and 0 for chance. Fewer than {count} "
                 "labels: not calibrated.").format(count=FEWEST_LABELS))  # fmt: skip
    places = range(len(found))
    chosen = st.selectbox(
        _("Look closer at"), places, key="review.judges.metric",
        format_func=lambda place: visible(title(found[place])),
    )  # fmt: skip
    if chosen is not None:
        closer(asked, found[chosen])
    estimates(asked, workbench().reviews.estimates(asked.id, person()))


def column_field(asked: ReviewRound) -> str:
    """A column of the dataset to look at slice by slice."""
    version_id = asked.source.dataset_version_id
    if version_id is None:
        return ""
    columns = workbench().datasets.version(version_id).columns
    chosen: str = st.selectbox(
        _("By the values of"), ["", *columns], key="review.judges.column",
        format_func=lambda one: visible(one) or _("All cases together"),
    )  # fmt: skip
    return chosen


def title(one: Calibration) -> str:
    """The metric and its slice."""
    words = metric_title(one.metric)
    return f"{words} · {one.slice}" if one.slice else words


def row(one: Calibration) -> dict[str, str | int]:
    """A metric in the table."""
    return {
        _("Metric"): metric_title(one.metric),
        _("Slice"): visible(one.slice) or _("all"),
        _("Labels"): one.n,
        _("Calibrated"): _("yes") if one.calibrated else _("too few labels"),
        kappa_title(one.weighted): kappa_words(one.kappa),
        _("Alpha"): number(one.alpha.value if one.alpha else None),
        _("Interval"): (
            f"[{number(one.alpha.low)}, {number(one.alpha.high)}]" if one.alpha else "–"
        ),
        _("Rank correlation"): number(one.spearman),
        _("People, mean"): f"{one.human_mean:.2f}",
        _("Judge, mean"): f"{one.judge_mean:.2f}",
    }


def closer(asked: ReviewRound, one: Calibration) -> None:
    """Rates, matrix and the cases that both see differently."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{_('How often each verdict was given')}**")
        rates(asked, {_("People"): one.human_rates, _("Judge"): one.judge_rates})
    with right:
        st.markdown(f"**{_('What people said (rows) and the judge said (columns)')}**")
        matrix(asked, one.confusion)
    if one.disagreements:
        st.header(_("Seen differently ({count})").format(count=len(one.disagreements)),
                     anchor=False)  # fmt: skip
    for case in one.disagreements[:SHOWN]:
        disagreement(asked, case)


def disagreement(asked: ReviewRound, case: Disagreement) -> None:
    """A case with the reasons of both."""
    titles = {one.key: one.title for one in asked.competitors}
    with st.container(border=True, gap="small"):
        name = titles.get(case.competitor, "")
        st.markdown(f"**{label(case.case_id)}**" + (f" · {label(name)}" if name else ""))
        said = [*map(reason_title, case.human_reasons), *case.human_comments]
        st.markdown(_("People: {verdict}").format(verdict=label(label_words(asked, case.human)))
                    + (f" – {label('; '.join(said), most=400)}" if said else ""))  # fmt: skip
        st.markdown(_("Judge: {verdict}").format(verdict=label(label_words(asked, case.judge)))
                    + (f" – {label(case.judge_reason, most=400)}"
                       if case.judge_reason else ""))  # fmt: skip


def estimates(asked: ReviewRound, found: Sequence[Estimate]) -> None:
    """Few labels corrected by many scores (PPI++)."""
    if not found:
        return
    st.header(_("What people would say of all cases"), anchor=False)
    table(asked, found)
    explained()


def table(asked: ReviewRound, found: Sequence[Estimate]) -> None:
    """An estimate a row, with what the labels alone say."""
    percent = asked.settings.kind == "pair" or asked.settings.scale != "rating"
    st.dataframe(
        [
            {
                _("Answers of"): visible(one.competitor.title),
                _("With the scores of"): metric_title(one.metric),
                _("Estimate"): amount(one.ppi.value, percent) if one.ppi else "–",
                _("95 % interval"): (
                    f"{amount(one.ppi.low, percent)} – {amount(one.ppi.high, percent)}"
                    if one.ppi else "–"
                ),
                _("From labels alone"): interval_words(one.human, percent),
                _("Labels"): one.ppi.labelled if one.ppi else 0,
                _("Weight of the judge"): share(one.ppi.weight) if one.ppi else "–",
                _("A label is worth"): f"×{one.ppi.gain:.1f}" if one.ppi else "–",
            }
            for one in found
        ],
        hide_index=True, width="stretch",
    )  # fmt: skip
    if any(not one.usable for one in found):
        st.warning(_("Some labels are of no random sample of the cases; no estimate is made from "
                     "them."), icon=":material/casino:")  # fmt: skip


def explained() -> None:
    """How the estimates are made."""
    st.caption(_("People's labels, corrected by the judge's scores of the cases that nobody judged "
                 "(PPI++). A judge that is of no use gets no weight."))  # fmt: skip
