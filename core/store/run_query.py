"""A `RunFilter` as SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.records.runs import RunFilter
from core.store.database import to_naive

_DELETED = (
    "(select run_id from run_marks where mark = 'deleted' group by run_id "
    "having arg_max(value, id))"
)
_STARRED = (
    "(select run_id from run_marks where mark = 'starred' group by run_id "
    "having arg_max(value, id))"
)
_LABELLED = (
    "(select arg_max_null(version_id, id) from label_moves where label = ? "
    "group by prompt_id, label)"
)

# Field of the filter -> condition with one place for its value.
_CONDITIONS: dict[str, str] = {
    "prompt_id": "prompt_id = try_cast(? as uuid)",
    "version_id": "version_id = try_cast(? as uuid)",
    "label": f"version_id in {_LABELLED}",
    "connection": "connection = ?",
    "model": "requested_model = ?",
    "outcome": "outcome = ?",
    "actor": "actor = ?",
    "purpose": "purpose = ?",
    "purposes": "list_contains(?, purpose)",
    "group_id": "group_id = ?",
    "job_id": "job_id = ?",
    "since": "created_at >= ?",
    "until": "created_at < ?",
    "min_cost_usd": "cost_usd >= ?",
    "max_cost_usd": "cost_usd <= ?",
}
_CONVERT: dict[str, Callable[[Any], Any]] = {
    "since": to_naive, "until": to_naive, "purposes": list,
}  # fmt: skip


def where(wanted: RunFilter) -> tuple[list[str], list[Any]]:
    """Conditions and their values for everything but the text search."""
    conditions: list[str] = []
    values: list[Any] = []
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(condition)
            values.append(_CONVERT.get(name, lambda same: same)(value))
    if wanted.saved is not None:
        conditions.append(f"version_id is {'not ' if wanted.saved else ''}null")
    if wanted.starred is not None:
        conditions.append(f"id {'' if wanted.starred else 'not '}in {_STARRED}")
    conditions.append(f"id {'' if wanted.deleted else 'not '}in {_DELETED}")
    return conditions, values
