"""Small things the workbench remembers: a language choice, whether the samples were filled in."""

from __future__ import annotations

import json
from typing import Any

from core.store.handle import Handle
from core.store.writer import Cursor


class StoredSettings:
    """JSON values under keys."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default`."""
        row = self._handle.row("select value from settings where key = ?", [key])
        return json.loads(row[0]) if row else default

    def put(self, key: str, value: Any) -> None:
        """Replace the value."""
        text = json.dumps(value, ensure_ascii=False)

        def work(cursor: Cursor) -> None:
            cursor.execute("delete from settings where key = ?", [key])
            cursor.execute("insert into settings values (?, ?)", [key, text])

        self._handle.write(work)
