"""What the parts of an evaluation are called on a page."""

from __future__ import annotations

from core.evaluation import titles as metric_titles
from core.evaluation.results import Show
from core.evaluation.words import without_common_words
from core.records.evaluations import Evaluation, EvaluationStatus
from core.records.metrics import MetricSpec
from pages.ui.language import N_, _
from pages.ui.text import label

STATUSES: dict[EvaluationStatus, tuple[str, str]] = {
    "running": (N_("Running"), "blue"),
    "paused": (N_("Paused"), "orange"),
    "done": (N_("Done"), "green"),
    "cancelled": (N_("Stopped"), "gray"),
    "failed": (N_("Stopped by a problem"), "red"),
    "incomplete": (N_("Incomplete"), "orange"),
}

EVENTS = (
    N_("Started"), N_("Paused"), N_("Resumed"), N_("Cancelled"), N_("Done"),
    N_("Resumed after the process ended"),
)  # fmt: skip
"""What `core.jobs` writes into a log; other lines are problems in their own words."""
SHOWS: dict[Show, str] = {
    "all": N_("All rows"),
    "better": N_("B is better"),
    "worse": N_("B is worse"),
    "same": N_("Same score"),
    "disagree": N_("Different scores"),
    "errors": N_("Errors"),
}


def metric_title(name: str) -> str:
    """A metric as people call it; safe in a label."""
    return label(metric_titles.metric_title(name, _))


def signature_title(signature: str, name: str, names: list[str]) -> str:
    """A metric of an evaluation; with its signature where two have one name."""
    title = metric_title(name)
    return title if names.count(name) < 2 else f"{title} ({label(signature, 60)})"


def metrics_words(metrics: tuple[MetricSpec, ...]) -> str:
    """The metrics in one line."""
    return ", ".join(metric_title(one.name) for one in metrics)


def seconds_words(seconds: float) -> str:
    """A duration for reading."""
    if seconds < 90:
        return _("{count} s").format(count=f"{seconds:.0f}")
    if seconds < 5_400:
        return _("{count} min").format(count=f"{seconds / 60:.0f}")
    return _("{count} h").format(count=f"{seconds / 3600:.1f}")


def titles(evaluation: Evaluation) -> dict[str, str]:
    """The candidates' titles by key."""
    return {one.key: one.title for one in evaluation.candidates}


def brief(evaluation: Evaluation) -> dict[str, str]:
    """What tells the candidates apart, by key: their titles without the beginning they share."""
    found = titles(evaluation)
    return dict(zip(found, without_common_words(list(found.values())), strict=True))
