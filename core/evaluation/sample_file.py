"""Answers that were made elsewhere: a JSONL file of `response`, `reference`, `id` and more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from core.evaluation.metrics.text import encodable
from core.prompts.json_text import read_json
from core.records.metrics import Sample

_NUMBERS = ("total_ms", "first_token_ms", "cost_usd", "output_tokens")


class BadLine(NamedTuple):
    """A line that cannot be used, and why."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(slots=True)
class SampleFile:
    """What was read. A case without an answer (`"response": null`) is in `ids` alone."""

    ids: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


def read_samples(lines: Iterable[bytes]) -> SampleFile:
    """Read UTF-8, a line at a time; nothing is dropped without being in `bad` but empty lines.

    Ids may be texts or whole numbers; a line that has none is called by its number. Other fields
    become text: what is no text, as JSON. `function_calls` and the numbers of a `Sample` are taken
    as such.
    """
    file = SampleFile()
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case_id, row = _row(line, number)
            if case_id in seen:
                raise _Unusable(f"the id {case_id!r} is that of line {seen[case_id]} too")
            seen[case_id] = number
            if row["response"] is not None:
                file.samples.append(_sample(case_id, row))
            file.ids.append(case_id)
        except _Unusable as problem:
            file.bad.append(BadLine(number, str(problem)))
    return file


class _Unusable(Exception):
    """Why a line cannot be used."""


def _row(line: bytes, number: int) -> tuple[str, Mapping[str, object]]:
    try:
        row, problem = read_json(line.strip().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _Unusable("not UTF-8") from error
    if problem is not None:
        raise _Unusable(f"not JSON: column {problem.column}: {problem.reason}")
    if not isinstance(row, dict):
        raise _Unusable("not a JSON object")
    case_id = row.get("id", f"line {number}")
    if isinstance(case_id, bool) or not isinstance(case_id, str | int) or case_id == "":
        raise _Unusable("it has no id" if case_id in (None, "") else "its id is not a text")
    if isinstance(case_id, str) and encodable(case_id) != case_id:
        raise _Unusable("its id has a character that is none")
    if "response" not in row:
        raise _Unusable("it has no response")
    return str(case_id), row


def _sample(case_id: str, row: Mapping[str, object]) -> Sample:
    calls = row.get("function_calls") or ()
    if not isinstance(calls, list | tuple) or not all(isinstance(call, dict) for call in calls):
        raise _Unusable("its function_calls are not a list of objects")
    numbers = {name: _number(name, row[name]) for name in _NUMBERS if row.get(name) is not None}
    tokens = numbers.pop("output_tokens", None)
    taken = {"id", "response", "function_calls", *_NUMBERS}
    return Sample(
        case_id,
        _text(row["response"]),
        {
            name: _text(value)
            for name, value in row.items()
            if name not in taken and value is not None
        },
        tuple(calls),
        output_tokens=None if tokens is None else int(tokens),
        **numbers,
    )


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Unusable(f"its {name} is not a number")
    return float(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
