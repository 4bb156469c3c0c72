"""From the columns of a file to cases: which column is what, and which id each row has."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.datasets.chat import CONVERSATION_COLUMNS, answer_of, unfold
from core.datasets.content import LONGEST_ID, id_from
from core.datasets.table import MOST_NOTES, Table
from core.errors import InvalidInput
from core.records.datasets import KNOWN_FIELDS, SPLITS, Case, Split

LEFT_OUT = ""
ALIASES: Mapping[str, str] = {
    "source": "prompt", "input": "prompt", "question": "prompt",
    "プロンプト": "prompt", "質問": "prompt",
    "history": "conversation_history",
    "output": "response", "answer": "response", "回答": "response", "応答": "response",
    "expected": "reference", "expected_output": "reference", "ground_truth": "reference",
    "target": "reference", "ideal": "reference", "label": "reference",
    "正解": "reference", "正答": "reference", "答え": "reference", "参照": "reference",
    "模範解答": "reference", "ラベル": "reference",
    "baseline": "baseline_model_response", "system_instruction": "instruction",
}  # fmt: skip
"""Other names that columns with a meaning often have."""
ID_NAMES = ("case_id", "id", "caseid", "ケースid", "番号", "no", "no.", "key")
SPLIT_NAMES = ("split", "分割")
SPLIT_WORDS: Mapping[str, Split] = {
    **{split: split for split in SPLITS},
    "training": "train", "訓練": "train", "学習": "train",
    "val": "validation", "valid": "validation", "dev": "validation", "検証": "validation",
    "eval": "test", "テスト": "test", "評価": "test",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What each column of the file is kept as; `LEFT_OUT` or no entry leaves it out.

    Without an id column, ids are made from the content of the rows.
    """

    names: Mapping[str, str]
    id_column: str = ""
    split_column: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """Cases as they would be imported."""

    cases: Sequence[Case]
    columns: tuple[str, ...]
    notes: Sequence[InvalidInput] = field(default_factory=tuple)


def proposed(columns: Sequence[str]) -> ColumnMapping:
    """The mapping that the names of the columns suggest; each field is given out once."""
    taken: set[str] = set()
    names: dict[str, str] = {}
    id_column = split_column = ""
    exact = {column for column in columns if _plain(column) in KNOWN_FIELDS}
    for column in [*(c for c in columns if c in exact), *(c for c in columns if c not in exact)]:
        plain = _plain(column)
        meant = plain if plain in KNOWN_FIELDS else ALIASES.get(plain, "")
        if not id_column and plain in ID_NAMES:
            id_column = column
        elif not split_column and plain in SPLIT_NAMES:
            split_column = column
        else:
            names[column] = meant if meant and meant not in taken else column
            taken.add(names[column])
    return ColumnMapping({c: names[c] for c in columns if c in names}, id_column, split_column)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold().replace(" ", "_")


def apply(table: Table, mapping: ColumnMapping) -> Mapped:
    """Every row as a case. InvalidInput that names rows when ids or targets are given twice."""
    _refuse_same_target(mapping)
    notes: list[InvalidInput] = []
    cases: list[Case] = []
    rows_of: defaultdict[str, list[int]] = defaultdict(list)
    made: Counter[str] = Counter()
    for number, row in zip(table.numbers, table.rows, strict=True):
        fields = _fields(row, mapping)
        split = _split(row, mapping, number, notes)
        own = row.get(mapping.id_column, "").strip() if mapping.id_column else ""
        if own:
            if len(own) > LONGEST_ID:
                raise InvalidInput(
                    "Row {row}: the id has {count} characters; at most {most} are allowed. Choose "
                    "another column for the ids.",
                    row=number,
                    count=len(own),
                    most=LONGEST_ID,
                )
            rows_of[own].append(number)
        else:
            if mapping.id_column:
                notes.append(InvalidInput(
                    "Row {row} has no id; one is made from its content.", row=number
                ))  # fmt: skip
            own = id_from(fields)
            made[own] += 1
            own = own if made[own] == 1 else f"{own}-{made[own]}"
        cases.append(Case(own, fields, split))
    _refuse_same_ids(rows_of)
    wanted = dict.fromkeys(name for name in mapping.names.values() if name != LEFT_OUT)
    return Mapped(cases, tuple(wanted), tuple(notes[:MOST_NOTES]))


def _fields(row: Mapping[str, str], mapping: ColumnMapping) -> dict[str, str]:
    fields: dict[str, str] = {}
    for column, name in mapping.names.items():
        cell = row.get(column)
        # A reference that nobody wrote is none; a variable may well be empty.
        if name != LEFT_OUT and cell is not None and (cell or name not in KNOWN_FIELDS):
            fields[name] = cell
    if "response" in fields:
        fields["response"] = answer_of(fields["response"])
    for name in CONVERSATION_COLUMNS:
        if name in fields:
            fields = unfold(fields[name]) | fields
    return fields


def _split(
    row: Mapping[str, str], mapping: ColumnMapping, number: int, notes: list[InvalidInput]
) -> Split | None:
    word = row.get(mapping.split_column, "") if mapping.split_column else ""
    if not word.strip():
        return None
    split = SPLIT_WORDS.get(_plain(word))
    if split is None:
        notes.append(InvalidInput(
            "Row {row}: {word} is no split; the case gets the one of the dataset's rule. Use "
            "train, validation or test.", row=number, word=word[:40],
        ))  # fmt: skip
    return split


def _refuse_same_target(mapping: ColumnMapping) -> None:
    kept = Counter(name for name in mapping.names.values() if name != LEFT_OUT)
    twice = [name for name, count in kept.items() if count > 1]
    if twice:
        raise InvalidInput(
            "More than one column is kept as {names}. Give each a name of its own, or leave one "
            "out.",
            names=", ".join(twice),
        )
    if not kept:
        raise InvalidInput("No column is kept. Keep at least one.")


def _refuse_same_ids(rows_of: Mapping[str, Sequence[int]]) -> None:
    twice = {own: rows for own, rows in rows_of.items() if len(rows) > 1}
    if twice:
        shown = [f"{own} ({', '.join(map(str, rows[:5]))})" for own, rows in twice.items()]
        raise InvalidInput(
            "{count} ids are in more than one row: {ids}. Correct them, or let the ids be made "
            "from the content.",
            count=len(twice),
            ids="; ".join(shown[:5]),
        )
