"""Parquet by pyarrow, batch after batch, after a look at what it will unpack to."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any

from core.datasets.jsonl_reading import text_of
from core.datasets.raw_row import RawRow
from core.datasets.table import MOST_COLUMNS, MOST_ROWS
from core.errors import InvalidInput

MOST_UNPACKED = 150 * 2**20
_BATCH = 1_000


def parquet_rows(data: bytes) -> Iterator[RawRow]:
    """First the names of the columns, then the rows, numbered from 2 like those below a header."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 1
    try:
        metadata = pq.read_metadata(io.BytesIO(data))
        _refuse_bomb(metadata)
        # Dictionaries stay as they are: writing a long text out once per row is a bomb too.
        texts = [
            metadata.schema.column(n).path
            for n in range(metadata.num_columns)
            if metadata.schema.column(n).physical_type == "BYTE_ARRAY"
        ]
        file = pq.ParquetFile(io.BytesIO(data), read_dictionary=texts, pre_buffer=False)
        yield RawRow(1, list(file.schema_arrow.names))
        for batch in file.iter_batches(_BATCH, use_threads=False):
            for cells in zip(*(_column(column) for column in batch.columns), strict=True):
                number += 1
                yield RawRow(number, cells)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise InvalidInput(
            "Row {row}: the Parquet file is damaged or of an unknown kind ({problem}). Write it "
            "again, or save it as CSV.",
            row=number + 1,
            problem=str(error)[:100],
        ) from error


def _refuse_bomb(metadata: Any) -> None:
    groups = range(metadata.num_row_groups)
    size = sum(metadata.row_group(n).total_byte_size for n in groups)
    if metadata.num_rows > MOST_ROWS or metadata.num_columns > MOST_COLUMNS or size > MOST_UNPACKED:
        raise InvalidInput(
            "Row {row}: the Parquet file says it has {rows} rows, {columns} columns and "
            "{megabytes} MB; at most {most_rows}, {most_columns} and {most_megabytes} MB can be "
            "read. Divide it.",
            row=MOST_ROWS + 1 if metadata.num_rows > MOST_ROWS else 1,
            rows=metadata.num_rows,
            columns=metadata.num_columns,
            megabytes=size // 2**20,
            most_rows=MOST_ROWS,
            most_columns=MOST_COLUMNS,
            most_megabytes=MOST_UNPACKED // 2**20,
        )


def _column(column: Any) -> list[str | None]:
    import pyarrow as pa

    if isinstance(column, pa.DictionaryArray):
        words = [_text(word) for word in column.dictionary.to_pylist()]
        return [None if n is None else words[n] for n in column.indices.to_pylist()]
    return [_text(cell) for cell in column.to_pylist()]


def _text(cell: Any) -> str | None:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if isinstance(cell, bool | int | float | list | dict):
        return text_of(cell)
    return str(cell)
