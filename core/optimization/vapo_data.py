"""The rows of a VAPO job: JSONL or CSV with the ground truth in `target`, checked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from core.datasets.mapping import ColumnMapping, apply
from core.datasets.reading import read_file
from core.errors import InvalidInput
from core.optimization.vapo_config import TARGET, VapoConfig, spec_of
from core.prompts.template import variables_of
from core.records.datasets import REFERENCE, Case, Split

MOST_NAMED = 5


def read_rows(data: bytes, name: str, split: Split | None = None) -> list[Case]:
    """The rows as cases. InvalidInput names the first row that will not do."""
    table = read_file(data, name).table
    kept = {column: REFERENCE if column == TARGET else column for column in table.columns}
    if TARGET in table.columns and REFERENCE in table.columns:
        kept[REFERENCE] = ""
    if TARGET in table.columns:
        empty = [
            number
            for number, row in zip(table.numbers, table.rows, strict=True)
            if not row.get(TARGET, "").strip()
        ]
        if empty:
            raise InvalidInput(
                "{file}: target is empty in row {rows}. Fill it in, or leave the row out.",
                file=name, rows=", ".join(map(str, empty[:MOST_NAMED])),
            )  # fmt: skip
    cases = apply(table, ColumnMapping(kept)).cases
    return [replace(case, split=split) for case in cases]


def check_rows(config: VapoConfig, cases: Sequence[Case], columns: Sequence[str]) -> None:
    """InvalidInput when a variable has no column, or a row no value for it."""
    frozen = set(config.values.get("placeholder_to_content") or {})
    names = [name for name in variables_of(spec_of(config)) if name not in frozen]
    missing = [name for name in names if name not in columns]
    if missing:
        raise InvalidInput(
            "The prompt uses {names}, and the dataset has no such column. It has: {columns}.",
            names=", ".join(f"{{{name}}}" for name in missing),
            columns=", ".join(columns),
        )
    for number, case in enumerate(cases, 1):
        lacking = [name for name in names if name not in case.fields]
        if lacking:
            raise InvalidInput(
                "Row {row} has no value for {names}.",
                row=number, names=", ".join(f"{{{name}}}" for name in lacking),
            )  # fmt: skip


def columns_of(cases: Sequence[Case]) -> tuple[str, ...]:
    """Every column, in the order of appearance."""
    return tuple(dict.fromkeys(name for case in cases for name in case.fields))


def sha256_of(*texts: bytes) -> str:
    """A name for a configuration with its data."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(hashlib.sha256(text).digest())
    return digest.hexdigest()
