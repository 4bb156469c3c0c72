"""The table that people without Python can read: `tests/golden/metrics.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from core.evaluation.metrics import registry
from core.records.metrics import MetricSpec, Sample

TABLE = Path(__file__).resolve().parents[3] / "golden" / "metrics.yaml"
ROWS: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text("utf-8"))


def name_of(row: dict[str, Any]) -> str:
    return f"{row['metric']} {row['response'][:24]!r}"


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_the_table_holds(row: dict[str, Any]) -> None:
    metric = registry.make(
        MetricSpec(row["metric"], row.get("options", {})), language=row.get("language", "auto")
    )
    fields = dict(row.get("fields", {}))
    if "reference" in row:
        fields["reference"] = row["reference"]
    score = metric.score(Sample("1", row["response"], fields))
    found = score.status if score.value is None else pytest.approx(score.value, abs=5e-5)
    assert found == row["value"], score


def test_every_metric_of_the_registry_is_in_the_table() -> None:
    simple = {"first_token_ms", "cost_usd", "output_tokens"}  # as latency_ms
    assert set(registry.names()) - {row["metric"] for row in ROWS} == simple
