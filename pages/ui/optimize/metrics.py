"""What leads the search: metrics, and how much each of them counts."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.records.metrics import MetricSpec
from core.records.optimizations import (
    AGGREGATIONS,
    Aggregation,
    OptimizationDraft,
    WeightedMetric,
)
from pages.ui.evaluate import metrics as evaluate_metrics
from pages.ui.evaluate.manage import asked_for
from pages.ui.evaluate.words import metric_title
from pages.ui.language import _
from pages.ui.optimize import words as optimize_words


def metrics(
    key: str, columns: Sequence[str], given: OptimizationDraft | None
) -> tuple[tuple[WeightedMetric, ...], str, Aggregation]:
    """The metrics with their weights, the judge, and how they become one score."""
    before = [asked_for(one.metric) for one in given.metrics] if given else []
    computed = evaluate_metrics.computed(key, columns, before)
    judged, judge = evaluate_metrics.judged(key, before, given.judge if given else "",
                                            single=True)  # fmt: skip
    chosen = [*computed, *judged]
    if not chosen:
        st.caption(_("Choose a metric that says what a good answer is: the search gets better at "
                     "exactly that, and at nothing else."))  # fmt: skip
    if len(chosen) < 2:
        return tuple(WeightedMetric(one) for one in chosen), judge, "weighted_average"
    return weights(key, chosen, given), judge, aggregation(key, given)


def weights(
    key: str, chosen: Sequence[MetricSpec], given: OptimizationDraft | None
) -> tuple[WeightedMetric, ...]:
    """How much each metric counts."""
    known = {one.metric.name: one.weight for one in given.metrics} if given else {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return tuple(
            WeightedMetric(one, float(st.number_input(
                _("Weight of {metric}").format(metric=metric_title(one.name)), 0.0, 100.0,
                min(max(known.get(one.name, 1.0), 0.0), 100.0), 0.1,
                key=f"{key}.weight.{one.name}", width=220,
            )))
            for one in chosen
        )  # fmt: skip


def aggregation(key: str, given: OptimizationDraft | None) -> Aggregation:
    """How the weights are read."""
    options = AGGREGATIONS[::-1]
    first = given.aggregation if given else "weighted_average"
    chosen: Aggregation = st.selectbox(
        _("Weights are taken"), options, index=options.index(first), key=f"{key}.aggregation",
        format_func=lambda one: _(optimize_words.AGGREGATIONS[one]), width=320,
        help=_("Every metric is brought to 0 (worst) to 100 (best) first. An answer to which one "
               "metric cannot be applied is scored by the others."),
    )  # fmt: skip
    return chosen
