"""What reviewers said as CSV, JSONL and Parquet, one row per verdict."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from core.prompts.run_export import defused
from core.records.review import AuditEntry, ReviewItem, ReviewRecord, ReviewRound
from core.review.judging import label_of, number_of

ReviewExport = Literal["csv", "jsonl", "parquet"]
Cell = str | int | float | bool | None
Row = Mapping[str, Cell]

COLUMNS: Mapping[str, type[Any]] = {
    "round_id": str, "round": str, "item": int, "case_id": str, "kind": str, "reviewer": str,
    "repeat": bool, "random": bool, "first": str, "first_model": str, "second": str,
    "second_model": str, "choice": str, "label": str, "value": float, "lines": str,
    "reasons": str, "comment": str, "correction": str, "highlights": str, "shown_left": str,
    "seconds": float, "created_at": str, "fields": str, "reference": str, "first_answer": str,
    "second_answer": str,
}  # fmt: skip
AUDIT_COLUMNS = ("number", "at", "who", "action", "subject", "detail", "allowed", "sha256")


def row(round_: ReviewRound, item: ReviewItem, record: ReviewRecord) -> Row:
    """One verdict, skip or adjudication; None where there is nothing."""
    settings, judgement = round_.settings, record.judgement
    known = {one.key: one for one in round_.competitors}
    whose = [known[answer.competitor] for answer in item.draft.answers]
    texts = [answer.text for answer in item.draft.answers]
    second = whose[1] if len(whose) > 1 else None
    label = None if record.kind == "skip" else label_of(judgement, settings)
    left = whose[1 if record.swapped else 0].title
    values: tuple[Cell, ...] = (
        round_.id, settings.title, item.slot.position + 1, item.slot.case_id, record.kind,
        record.reviewer, record.repeat, item.slot.random, whose[0].title, whose[0].model,
        second.title if second else None, second.model if second else None, judgement.choice, label,
        None if label is None else number_of(label, settings),
        _json(judgement.lines) if judgement.lines else None, ", ".join(judgement.reasons) or None,
        judgement.comment or None, judgement.correction or None,
        _json([_passage(one.answer, one.start, one.end, texts) for one in judgement.highlights])
        if judgement.highlights else None,
        left if settings.kind == "pair" and record.kind != "adjudication" else None,
        record.seconds, _iso(record.created_at), _json(item.draft.fields), item.draft.reference,
        texts[0], texts[1] if len(texts) > 1 else None,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _passage(answer: int, start: int, end: int, texts: list[str]) -> Mapping[str, object]:
    return {"answer": answer, "start": start, "end": end, "text": texts[answer][start:end]}


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, default=dict)


def _iso(moment: datetime) -> str:
    return moment.isoformat()


def export_csv(rows: Iterable[Row], columns: Iterable[str] = tuple(COLUMNS)) -> bytes:
    """UTF-8 with a byte order mark, as Excel needs it; texts that look like formulas defused."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for one in rows:
        writer.writerow(defused(cell) if isinstance(cell, str) else cell for cell in one.values())
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def export_jsonl(rows: Iterable[Row]) -> bytes:
    """One verdict per line, nothing changed."""
    lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
    return "".join(lines).encode("utf-8", "replace")


def export_parquet(rows: Iterable[Row]) -> bytes:
    """One verdict per row."""
    # A fifth of a second to import, and only this export needs it.
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), file, compression="zstd")
    return file.getvalue()


EXPORTS: Mapping[ReviewExport, Callable[[Iterable[Row]], bytes]] = {
    "csv": export_csv, "jsonl": export_jsonl, "parquet": export_parquet,
}  # fmt: skip


def audit_row(entry: AuditEntry) -> Row:
    """One entry of the audit log."""
    values: tuple[Cell, ...] = (
        entry.number, _iso(entry.at), entry.who, entry.action, entry.subject, entry.detail,
        entry.allowed, entry.sha256,
    )  # fmt: skip
    return dict(zip(AUDIT_COLUMNS, values, strict=True))
