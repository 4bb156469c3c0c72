"""Copies of the whole file, made while it is in use."""

from __future__ import annotations

from pathlib import Path

import duckdb

from core.errors import InvalidInput
from core.store.database import Database, store_error


def back_up(database: Database, to: Path) -> None:
    """Copy the committed state into the new file `to`. InvalidInput when it exists already."""
    if to.exists():
        raise InvalidInput("{path} exists already. Choose another name.", path=to)
    to.parent.mkdir(parents=True, exist_ok=True)
    cursor = database.cursor().cursor()
    source = (cursor.execute("select current_database()").fetchone() or ("memory",))[0]
    quoted = str(to).replace("'", "''")
    try:
        cursor.execute(f"attach '{quoted}' as copy_of_store")
        try:
            cursor.execute(f'copy from database "{source}" to copy_of_store')
        finally:
            cursor.execute("detach copy_of_store")
    except duckdb.Error as error:
        raise store_error(error) from error
