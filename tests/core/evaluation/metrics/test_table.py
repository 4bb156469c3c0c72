from __future__ import annotations

from core.evaluation.metrics.table import PAGE, with_table


def test_the_page_of_metrics_has_the_table_of_the_registry() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_table(page), "run: python -m core.evaluation.metrics.table"
