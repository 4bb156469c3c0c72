"""Making deleted rows unreadable in the file itself, not only through SQL.

DuckDB marks rows as deleted and blocks as free; the texts stay in the file until something else
is written there. So whoever deletes for good rewrites the table, and then the free blocks.
Out of reach stays DuckDB's directory of blocks, which holds the first twelve bytes of the least
and the greatest text of a column; texts that must go are stored behind a pad of that length.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from core.store.handle import Handle
from core.store.writer import Cursor

_PAD = " " * 12
_FILLER = 4_000
"""Characters per row of filler; longer texts lie in blocks of their own."""
_SPARE = 200
_TRIES = 20


def padded(text: str) -> str:
    """The text as it is stored, if it must be possible to delete it for good."""
    return _PAD + text


def bare(stored: str) -> str:
    """The text again."""
    return stored[len(_PAD) :]


def delete_and_rewrite(cursor: Cursor, table: str, gone: str, values: Sequence[Any]) -> None:
    """Delete the rows that the condition `gone` names and write the others anew."""
    (made,) = cursor.execute(
        "select sql from duckdb_tables() where table_name = ?", [table]
    ).fetchall()[0]
    # A new table, since new rows would come to lie among the deleted ones of the old.
    cursor.execute(made.replace(table, "rewritten", 1))
    cursor.execute(f"insert into rewritten select * from {table} where not ({gone})", list(values))
    cursor.execute(f"drop table {table}")
    cursor.execute(f"alter table rewritten rename to {table}")


def overwrite_free_blocks(handle: Handle) -> None:
    """Fold the log into the file and write over every block that nothing uses."""
    _checkpoint(handle)
    row = handle.row("select block_size, free_blocks from pragma_database_size()")
    if handle.database.path is None or row is None:
        return
    block_size, free = row
    rows = (free + 1) * block_size // _FILLER + _SPARE

    def fill(cursor: Cursor) -> None:
        cursor.execute("create table filler (text text using compression uncompressed)")
        cursor.execute(f"insert into filler select repeat('0', {_FILLER}) from range(?)", [rows])

    def empty(cursor: Cursor) -> None:
        cursor.execute("drop table if exists filler")

    handle.write(empty)
    try:
        handle.write(fill)
        _checkpoint(handle)
    finally:
        handle.write(empty)
        _checkpoint(handle)


def _checkpoint(handle: Handle) -> None:
    """Try until nobody else writes; the blocks of deleted rows become free only so."""
    for _ in range(_TRIES):
        if handle.database.checkpoint():
            return
        time.sleep(0.1)
