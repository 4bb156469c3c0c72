"""A row as it stands in a file, before anybody knows what its columns are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class RawRow(NamedTuple):
    """Texts of a row, by place (XLSX, Parquet) or by name (JSON)."""

    number: int
    cells: Sequence[str | None] | dict[str, str]
