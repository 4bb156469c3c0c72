"""What the batch lane needs of the store, and what it says of sending."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.engine.ledger import CallLedger
from core.errors import WorkbenchError
from core.records.batches import OpenBatch, OpenCall


class BatchLedger(CallLedger, Protocol):
    """The ledger, with a look at what is on its way."""

    def open_calls(self, run_ids: Collection[str]) -> Mapping[str, OpenCall]:
        """Those of these calls that are not settled."""


class KeptBatches(Protocol):
    """Batches under way (`core.store.batches`)."""

    def put(self, batch: OpenBatch) -> None:
        """Write it, or what is known of it now."""

    def open(self, owner: str | None = None) -> Sequence[OpenBatch]:
        """Those of an owner, or all."""

    def remove(self, batch_id: str) -> None:
        """It is collected."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of sending: the batch, and why some requests are not in it."""

    batch: OpenBatch | None
    refused: Mapping[str, WorkbenchError]
