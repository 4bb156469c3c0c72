"""The job as a configuration of the managed optimizer: taken in, given out."""

from __future__ import annotations

from core.records.optimizations import OptimizationDraft


def import_field() -> None:
    """A file whose job the form takes over."""


def export(draft: OptimizationDraft, key: str) -> None:
    """The job as a file."""
