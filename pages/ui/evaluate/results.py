"""What an evaluation found: one plain sentence, then the figures with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.results import Contrast, Figure, Results
from core.evaluation.served import Served
from core.evaluation.words import interval_words, scale_of, sentence_of, served_of, value_words
from core.records.evaluations import Evaluation
from core.records.models import ModelRef
from pages.ui import badges
from pages.ui.evaluate import address as evaluate_address
from pages.ui.evaluate.words import brief, metric_title, signature_title
from pages.ui.facts import money, seconds
from pages.ui.language import N_, _, language
from pages.ui.leaderboard.table import contrast_words
from pages.ui.leaderboard.words import cluster_words
from pages.ui.resources import workbench
from pages.ui.text import label, shortened, visible

LONGEST = 600
VOID = {"incomplete": N_("incomplete"), "not_comparable": N_("not comparable")}
"""Verdicts that no figure can be taken by."""


def summary(found: Results) -> None:
    """Sentence, figures, comparisons, what to heed."""
    if not any(one.answers or one.errors for one in found.figures) and not found.contrasts:
        return
    ended = found.status in ("done", "incomplete")
    if ended:
        headline(found)
    else:
        # Whoever stops when it looks good is right too seldom.
        st.info(_("Figures so far. Who is better is said once every answer is scored."),
                icon=":material/hourglass_top:")  # fmt: skip
    rerouted(found)
    st.dataframe(table(found), hide_index=True, key="evaluate.figures", column_config=columns())
    if found.contrasts and ended:
        comparisons(found)
    notes(found)


def chosen_cluster(evaluation: Evaluation, asked: str) -> str:
    """The column whose values tell which cases belong together; empty for none."""
    return asked if asked in workbench().evaluations.columns(evaluation) else ""


def cluster_field(found: Results) -> None:
    """The field for that column."""
    key = "evaluate.cluster"
    st.session_state[key] = found.cluster
    st.selectbox(
        _("Cases belong together by"),
        ["", *workbench().evaluations.columns(found.evaluation)],
        format_func=lambda one: visible(one) or _("Each stands alone"),
        key=key,
        on_change=lambda: evaluate_address.put("cluster", st.session_state[key]),
        width=260,
        help=_("A column such as the document that cases were cut from. Cases with the same value "
               "in it vary together: errors, tests and places then count them as one "
               "(cluster-robust errors)."),
    )  # fmt: skip


def rerouted(found: Results) -> None:
    """Whose answers another model gave than was asked: said above the figures."""
    for text in served_of(found, _):
        st.warning(label(text, LONGEST), icon=":material/alt_route:")


def headline(found: Results) -> None:
    """What a reader should take along: the first metric's first comparison, the rest on demand."""
    if not found.contrasts:
        return
    first = found.contrasts[0]
    text = label(f"{plain(first, found)}: {sentence_of(found, first, language())}", LONGEST)
    if first.verdict == "better":
        st.success(text, icon=":material/trending_up:")
    elif first.verdict == "not_comparable":
        st.warning(text, icon=":material/alt_route:")
    elif first.verdict in ("worse", "incomplete"):
        st.warning(text, icon=":material/trending_down:")
    else:
        st.info(text, icon=":material/drag_handle:")


def plain(contrast: Contrast, found: Results) -> str:
    """The metric's title without Markdown escapes; with its signature where it takes that."""
    names = [info.name for info in found.infos.values()] + list(found.paired.values())
    return signature_title(contrast.signature, contrast.metric, names).replace("\\", "")


def comparisons(found: Results) -> None:
    """Every pair under every metric in words."""
    with st.expander(_("Every comparison in words"), icon=":material/notes:",
                     expanded=len(found.contrasts) <= 4, key="evaluate.comparisons"):  # fmt: skip
        for one in found.contrasts:
            said = sentence_of(found, one, language())
            st.markdown(f"- **{label(plain(one, found), 80)}** {label(said, LONGEST)}")
        if len(found.evaluation.candidates) > 2:
            st.caption(_("With several pairs each is decided at a stricter level than 95 % (Holm), "
                         "and its interval is that of its level."))  # fmt: skip


def table(found: Results) -> pd.DataFrame:
    """A line for each metric and candidate: interval, cases, errors, the first one's rival."""
    names = brief(found.evaluation)
    against = {(one.signature, one.b): one for one in reversed(found.contrasts)}
    first = found.evaluation.candidates[0].key if found.evaluation.candidates else ""
    rows: list[dict[str, Any]] = []
    apart = {one.key: one for one in found.served}
    for one in found.figures:
        contrast = against.get((one.signature, one.candidate))
        ended = found.status in ("done", "incomplete")
        told = contrast if contrast is not None and contrast.a == first and ended else None
        scale = scale_of(found, one.signature)
        rows.append({
            "metric": metric_title(one.metric).replace("\\", ""),
            "candidate": shortened(visible(names[one.candidate]), 80),
            "value": value_words(one.interval.value if one.interval else None, scale),
            "interval": interval_words(one, scale),
            "cases": one.interval.n if one.interval else 0,
            "errors": one.errors,
            "against": contrast_words(told, scale) if told else "",
            "spread": spread(one, apart.get(one.candidate)),
        })  # fmt: skip
    rows += [pair_row(one, names) for one in found.contrasts if one.signature in found.paired]
    return pd.DataFrame(rows, columns=list(columns()))


def pair_row(one: Contrast, names: Mapping[str, str]) -> dict[str, Any]:
    """How often a judge prefers the second of a pair; ties are half a win each."""

    def share(difference: float | None) -> str:
        return value_words(None if difference is None else (1 + difference) / 2, "share")

    return {
        "metric": metric_title(one.metric).replace("\\", ""),
        "candidate": _("{b} wins against {a}").format(
            a=shortened(visible(names[one.a]), 40), b=shortened(visible(names[one.b]), 40)),
        "value": share(one.difference),
        "interval": "–" if one.low is None else f"{share(one.low)} – {share(one.high)}",
        "against": contrast_words(one, "share"),
        "cases": one.n,
        "errors": one.errors,
        "spread": _(VOID[one.verdict]) if one.verdict in VOID else "",
    }  # fmt: skip


def spread(one: Figure, served: Served | None) -> str:
    """Why cases are not in the figure, or the figure is not the candidate's."""
    parts = [_("incomplete")] if one.incomplete else []
    if served is not None and served.is_other:
        parts.append(_("not comparable"))
    if served is not None and served.left_out:
        parts.append(_("{count} not comparable").format(count=f"{served.left_out:,}"))
    if one.inapplicable:
        parts.append(_("{count} not applicable").format(count=f"{one.inapplicable:,}"))
    return ", ".join(parts)


def columns() -> dict[str, Any]:
    """Titles of the columns."""
    return {
        "metric": st.column_config.TextColumn(_("Metric")),
        "candidate": st.column_config.TextColumn(_("Candidate"), width="medium"),
        "value": st.column_config.TextColumn(_("Value")),
        "interval": st.column_config.TextColumn(_("95 % interval")),
        "against": st.column_config.TextColumn(_("Against the first")),
        "cases": st.column_config.NumberColumn(_("Cases"), width="small"),
        "errors": st.column_config.NumberColumn(_("Errors"), width="small"),
        "spread": st.column_config.TextColumn(_("Note")),
    }


def notes(found: Results) -> None:
    """Cost and time, the judges, and what should make a reader careful."""
    if found.cluster:
        st.caption(label(cluster_words(found.cluster), LONGEST))
    names = brief(found.evaluation)
    for judge, models in found.self_judged.items():
        st.warning(
            _("{judge} judges answers of {models}, which is itself. Models tend to prefer their "
              "own answers: use another judge, or have people review.").format(
                judge=label(judge), models=label(", ".join(models))),
            icon=":material/balance:",
        )  # fmt: skip
    for told in found.positions:
        consistent = "–" if told.consistency is None else f"{100 * told.consistency:.0f} %"
        first = "–" if told.first_wins is None else f"{100 * told.first_wins:.0f} %"
        st.caption(_("{judge}: the same verdict in both orders in {consistent} of {count} pairs; "
                     "of its decided verdicts {first} went to the answer shown first.").format(
            judge=label(told.judge), consistent=consistent, count=f"{told.pairs:,}",
            first=first))  # fmt: skip
    lines = []
    for one in found.measured:
        cost = money(None if one.cost_usd is None else round(one.cost_usd, 6))
        lines.append(_("{name}: {cost}, typically {p50}, {p95} at the slow end").format(
            name=label(names.get(one.candidate, one.candidate)), cost=label(cost),
            p50=seconds(one.p50_ms), p95=seconds(one.p95_ms)))  # fmt: skip
    st.caption("  \n".join(lines))
    candidates = found.evaluation.candidates
    fates = {badges.fate(badges.info(ModelRef.parse(one.model, "sandbox"))): one.model
             for one in candidates}  # fmt: skip
    for fate, model in fates.items():
        if fate:
            st.caption(f":orange[{label(model)}: {label(fate)}]")
    if any(one.model.startswith("sandbox:") for one in candidates):
        st.caption(_("Sandbox models are simulated: their scores say nothing about real models."))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cluster_field(found)
        signatures(found)


def signatures(found: Results) -> None:
    """What the scores were made by."""
    with st.popover(_("Signatures"), icon=":material/fingerprint:"):
        st.caption(_("Everything that could change a value. Scores of different signatures never "
                     "share an average."))  # fmt: skip
        for signature in [*found.infos, *found.paired]:
            st.code(signature, language=None, wrap_lines=True)
