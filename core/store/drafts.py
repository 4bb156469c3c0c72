"""Drafts: unsaved editor state, one per person and slot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from core.records.prompts import Draft, PromptSpec
from core.store.database import to_aware
from core.store.handle import Handle
from core.store.writer import Cursor


class Drafts:
    """The newest unsaved state; earlier ones are not kept."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def save(
        self,
        owner: str,
        slot: str,
        spec: PromptSpec,
        *,
        base_version_id: str | None = None,
        memo: str = "",
    ) -> Draft:
        """Replace the draft in this slot."""
        now = self._handle.now()
        text = json.dumps(spec.to_dict(), ensure_ascii=False)

        def work(cursor: Cursor) -> None:
            cursor.execute("delete from drafts where owner = ? and slot = ?", [owner, slot])
            cursor.execute(
                "insert into drafts values (?, ?, ?, ?, ?, ?)",
                [owner, slot, text, base_version_id, memo, now],
            )

        self._handle.write(work)
        return Draft(owner, slot, spec, to_aware(now), base_version_id, memo)

    def load(self, owner: str, slot: str) -> Draft | None:
        """The draft in this slot, if there is one."""
        found = self._select("and slot = ?", [owner, slot])
        return found[0] if found else None

    def list(self, owner: str) -> Sequence[Draft]:
        """All drafts of a person, the last changed first."""
        return self._select("", [owner])

    def discard(self, owner: str, slot: str) -> None:
        """Forget the draft in this slot."""
        self._handle.execute("delete from drafts where owner = ? and slot = ?", [owner, slot])

    def _select(self, where: str, values: Sequence[Any]) -> Sequence[Draft]:
        rows = self._handle.rows(
            "select owner, slot, spec, updated_at, base_version_id, memo from drafts "
            f"where owner = ? {where} order by updated_at desc",
            values,
        )
        return [
            Draft(owner, slot, PromptSpec.from_dict(json.loads(spec)), to_aware(at),
                  str(base) if base else None, memo)
            for owner, slot, spec, at, base, memo in rows
        ]  # fmt: skip
