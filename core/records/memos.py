"""Memos: Markdown notes on any record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SubjectKind = Literal["prompt", "version", "run", "comparison"]


@dataclass(frozen=True, slots=True)
class Memo:
    """One revision of the memo on a subject; the newest is the memo, an empty text means none."""

    id: str
    subject_kind: SubjectKind
    subject_id: str
    text: str
    created_at: datetime
    created_by: str
