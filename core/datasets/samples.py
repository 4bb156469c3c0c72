"""The two datasets that a new workspace starts with; `data/samples/making` made them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from core.datasets.datasets import Datasets
from core.datasets.mapping import apply, proposed
from core.datasets.reading import read_file
from core.datasets.splits import rule_of
from core.errors import InvalidInput
from core.records.datasets import SplitRule

FOLDER = Path(__file__).resolve().parents[2] / "data" / "samples"
SAMPLES: dict[str, tuple[str, SplitRule]] = {
    "support-triage": (
        "問い合わせ8か月分と優先度 / Inquiries of eight months with priorities",
        rule_of((0.4, 0.2, 0.4), seed=2026),
    ),
    "product-reviews-ja": (
        "商品レビューと要約 / Product reviews with summaries",
        rule_of((0.4, 0.2, 0.4), seed=2026),
    ),
}


def load_samples(datasets: Datasets, *, actor: str, folder: Path = FOLDER) -> None:
    """Import each as a user would; one whose name is taken is left out."""
    for name, (message, split) in SAMPLES.items():
        file = folder / f"{name}.jsonl"
        table = read_file(file.read_bytes(), file.name).table
        mapped = apply(table, proposed(table.columns))
        with suppress(InvalidInput):
            datasets.create(
                name, mapped.cases, actor=actor, source=file.name, message=message,
                columns=mapped.columns, split=split,
            )  # fmt: skip
