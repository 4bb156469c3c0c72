"""A comparison as a file: one page that opens anywhere, CSV, JSONL; made when asked for."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.comparison.grid_export import GridFormat
from core.records.comparisons import Comparison
from pages.ui.language import _, language
from pages.ui.resources import workbench

FORMS: dict[GridFormat, tuple[str, str]] = {
    "csv": ("CSV", "text/csv"),
    "jsonl": ("JSONL", "application/x-ndjson"),
}


def menu(comparison: Comparison) -> None:
    """The download buttons."""
    with st.popover(_("Export"), icon=":material/download:", key="compare.export"):
        st.download_button(
            _("One page (HTML)"), page_of(comparison), "comparison.html", "text/html",
            key="compare.export.html", on_click="ignore",
        )  # fmt: skip
        for form, (name, mime) in FORMS.items():
            st.download_button(name, exporter(comparison.id, form), f"comparison.{form}", mime,
                               key=f"compare.export.{form}", on_click="ignore")  # fmt: skip
        st.caption(_("The page holds everything and fetches nothing: send it, open it without "
                     "network. CSV opens in Excel, Japanese too; formulas in it are made "
                     "harmless."))  # fmt: skip


def page_of(comparison: Comparison) -> Callable[[], bytes]:
    """Makes the page. It runs when somebody downloads, outside of the page's script."""
    comparisons, chosen = workbench().comparisons, language()

    def page() -> bytes:
        return comparisons.export(comparison.id, "html", language=chosen)

    return page


def exporter(comparison_id: str, form: GridFormat) -> Callable[[], bytes]:
    """Makes the file."""
    comparisons = workbench().comparisons
    return lambda: comparisons.export(comparison_id, form)
