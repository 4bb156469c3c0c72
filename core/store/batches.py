"""Batches under way, by which the next process finds them; gone once they are collected.

They are working state and not records, so they lie among the settings: the runs behind them are
in the ledger, and stay.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from core.records.batches import OpenBatch
from core.store.handle import Handle
from core.store.writer import Cursor

_PREFIX = "batch:"


class StoredBatches:
    """JSON under `batch:ID`."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def put(self, batch: OpenBatch) -> None:
        """Write it, or what is known of it now."""
        key = f"{_PREFIX}{batch.id}"
        data = asdict(batch) | {"sent_at": batch.sent_at.isoformat()}

        def work(cursor: Cursor) -> None:
            cursor.execute("delete from settings where key = ?", [key])
            cursor.execute(
                "insert into settings values (?, ?)", [key, json.dumps(data, ensure_ascii=False)]
            )

        self._handle.write(work)

    def open(self, owner: str | None = None) -> Sequence[OpenBatch]:
        """Those of an owner, or all; the oldest first."""
        rows = self._handle.rows(
            "select value from settings where starts_with(key, ?) order by key", [_PREFIX]
        )
        found = [_batch(json.loads(text)) for (text,) in rows]
        return [one for one in found if owner is None or one.owner == owner]

    def remove(self, batch_id: str) -> None:
        """It is collected, or there is nothing to collect."""
        self._handle.execute("delete from settings where key = ?", [f"{_PREFIX}{batch_id}"])


def _batch(data: dict[str, Any]) -> OpenBatch:
    return OpenBatch(**{**data, "sent_at": datetime.fromisoformat(data["sent_at"])})
