"""Rows: one text, the value sets of prompts, or the rows of a small table file.

A table is CSV, TSV or JSONL in UTF-8, CP932 or UTF-16. Its columns are variables; a column
`reference` is the expected answer.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.errors import InvalidInput
from core.prompts.ad_hoc import INPUT
from core.prompts.template import normal_name, variables_of
from core.records.comparisons import MOST_INPUTS, ComparedInput
from core.records.datasets import REFERENCE, Case
from core.records.prompts import PromptSpec

PROMPT = "prompt"
MOST_BYTES = 20_000_000
TITLE_LENGTH = 60

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DELIMITERS = (",", "\t", ";")


def of_text(text: str) -> ComparedInput:
    """An ad-hoc input."""
    return ComparedInput("", short(text), message=text)


def of_value_sets(specs: Sequence[PromptSpec]) -> list[ComparedInput]:
    """Value sets joined by name, earlier prompts first; one bare row when there are none."""
    joined: dict[str, dict[str, str]] = {}
    for spec in specs:
        for chosen in spec.value_sets:
            joined[chosen.name] = {**chosen.values, **joined.get(chosen.name, {})}
    if not joined:
        return [ComparedInput("", "")]
    return [ComparedInput("", name, values) for name, values in joined.items()]


def of_cases(
    version_id: str, cases: Iterable[Case], specs: Sequence[PromptSpec]
) -> list[ComparedInput]:
    """Cases of a dataset as an evaluation would send them to these prompts."""
    names = list(dict.fromkeys(name for spec in specs for name in variables_of(spec)))
    found = []
    for case in cases:
        values = {name: case.fields[name] for name in names if name in case.fields}
        asked = case.fields.get(PROMPT) if not names or INPUT in names else None
        message = None if INPUT in values else asked
        found.append(
            ComparedInput("", case.id, values, message, case.reference, version_id, case.id)
        )
    return found


def read_table(data: bytes, name: str = "") -> list[ComparedInput]:
    """The rows of a file; `name` helps to tell what it is. InvalidInput names the bad row."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(
            "The file has {size} MB; the limit is {limit} MB.",
            size=f"{len(data) / 1_000_000:.1f}",
            limit=MOST_BYTES // 1_000_000,
        )
    text = decoded(data)
    kind = _kind(text, name.lower())
    records = _json_lines(text) if kind == "jsonl" else _csv_rows(text, kind)
    found: list[ComparedInput] = []
    for values in records:
        if len(found) == MOST_INPUTS:
            raise InvalidInput(
                "The file has more than {most} rows. Take a part of it.", most=MOST_INPUTS
            )
        found.append(_row(values))
    if not found:
        raise InvalidInput("The file has no rows below its header.")
    return found


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or CP932, told apart by marks and by what fits."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode(data, encoding)
    if b"\0" in data[:1000]:
        # Most files hold ASCII somewhere, and in UTF-16 a NUL stands beside it.
        even, odd = data[:1000:2].count(0), data[1:1000:2].count(0)
        return _decode(data, "utf-16-be" if even > odd else "utf-16-le")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode(data, "cp932")


def _decode(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "The file cannot be read as text. Save it as CSV in UTF-8 and choose it again."
        ) from error
    if "\0" in text:
        raise InvalidInput(
            "The file cannot be read as text. Save it as CSV in UTF-8 and choose it again."
        )
    return text


def short(text: str) -> str:
    """The beginning of a text on one line, as a title."""
    line = " ".join(text[: 4 * TITLE_LENGTH].split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"


def _kind(text: str, name: str) -> str:
    """`jsonl`, or the delimiter of a table."""
    if name.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if name.endswith((".tsv", ".tab")):
        return "\t"
    first = text.lstrip().split("\n", 1)[0].strip()
    if first.startswith("{") and first.endswith("}"):
        return "jsonl"
    return max(_DELIMITERS, key=first.count)


def _csv_rows(text: str, delimiter: str) -> Iterator[Mapping[str, str]]:
    # Documents are longer than the 128 KB that the module allows.
    csv.field_size_limit(MOST_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    number = 0
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(cells)
                continue
            number += 1
            if len(cells) != len(header):
                raise InvalidInput(
                    "Row {row} has {found} columns; the header has {expected}.",
                    row=number,
                    found=len(cells),
                    expected=len(header),
                )
            yield dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise InvalidInput(
            "Row {row} cannot be read ({problem}). Look for a quotation mark that is not closed.",
            row=number + 1,
            problem=error,
        ) from error
    if header is None:
        raise InvalidInput("The file is empty.")


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    for number, name in enumerate(names, 1):
        if not name:
            raise InvalidInput("Column {number} of the header has no name.", number=number)
    _refuse_doubles(names)
    return names


def _refuse_doubles(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in map(normal_name, names):
        if name in seen:
            raise InvalidInput("The column {name} is there twice. Rename one.", name=name)
        seen.add(name)


def _json_lines(text: str) -> Iterator[Mapping[str, str]]:
    number = 0
    # Not splitlines(): U+2028 may stand inside a JSON text.
    for line in text.split("\n"):
        if not line.strip():
            continue
        number += 1
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(
                "Row {row} cannot be read as JSON ({problem}).", row=number, problem=error
            ) from error
        if not isinstance(record, dict):
            raise InvalidInput("Row {row} is no JSON object.", row=number)
        _refuse_doubles(record)
        yield {key: _text(value) for key, value in record.items() if value is not None}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _row(record: Mapping[str, str]) -> ComparedInput:
    values = {normal_name(name): value for name, value in record.items()}
    reference = values.pop(REFERENCE, None)
    title = next((short(value) for value in values.values() if value.strip()), "")
    return ComparedInput("", title, values, reference=reference)
