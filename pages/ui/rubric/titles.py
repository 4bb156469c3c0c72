"""What judged metrics are called on a page."""

from __future__ import annotations

from core.evaluation import titles
from pages.ui.language import _
from pages.ui.text import label

TITLES = titles.JUDGED


def rubric_title(name: str) -> str:
    """The title of a shipped metric; the name of a custom one, safe in a label."""
    return label(titles.metric_title(name, _))
