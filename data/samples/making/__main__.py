"""Write the datasets beside this folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from data.samples.making import reviews, triage

FOLDER = Path(__file__).resolve().parents[1]
DATASETS = {"support-triage": triage.rows, "product-reviews-ja": reviews.rows}


def lines(rows: Iterable[Mapping[str, str]]) -> str:
    """A JSON object per line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


if __name__ == "__main__":
    for name, rows in DATASETS.items():
        (FOLDER / f"{name}.jsonl").write_text(lines(rows()), "utf-8")
