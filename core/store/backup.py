"""Copies of the whole file, made while it is in use."""

from __future__ import annotations

from pathlib import Path

import duckdb

from core.errors import InvalidInput
from core.store.database import Database, store_error


def back_up(database: Database, to: Path) -> None:
    """Copy the committed state into the new file `to`; a half-made copy is never left there.

    Raises InvalidInput when the place will not do, StoreFull when the disk has no room.
    """
    folder = database.path.parent if database.path else None
    to = to.absolute()
    if folder is None or not to.resolve().is_relative_to(folder.resolve()):
        raise InvalidInput(
            "A backup cannot be written to {path}. Choose a place in {folder}.",
            path=to,
            folder=folder or "the folder of a database that is a file",
        )
    if to.exists():
        raise InvalidInput("{path} exists already. Choose another name.", path=to)
    to.parent.mkdir(parents=True, exist_ok=True)
    unfinished = to.with_name(to.name + ".part")
    unfinished.unlink(missing_ok=True)
    try:
        copy(database, unfinished)
    except duckdb.Error as error:
        unfinished.unlink(missing_ok=True)
        unfinished.with_name(unfinished.name + ".wal").unlink(missing_ok=True)
        raise store_error(error) from error
    unfinished.rename(to)


def copy(database: Database, to: Path) -> None:
    """Copy the database into a file of its own, on a cursor of its own."""
    cursor = database.cursor().cursor()
    (name,) = cursor.execute("select current_database()").fetchone() or ("",)
    quoted = name.replace('"', '""')
    cursor.execute("attach ? as copy_of_store", [str(to)])
    try:
        cursor.execute(f'copy from database "{quoted}" to copy_of_store')
    finally:
        cursor.execute("detach copy_of_store")
        cursor.close()
