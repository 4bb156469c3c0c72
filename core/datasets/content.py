"""The content of a version: what its cases hash to, and what may be a case."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from core.errors import InvalidInput
from core.records.datasets import Case, Content

LONGEST_ID = 200
MOST_CASES = 200_000


def content_of(cases: Sequence[Case], columns: Sequence[str] = ()) -> Content:
    """The cases with the hash over them in order of their ids, so that row order says nothing.

    Columns that no case has are left out; those not named come after the named ones. InvalidInput
    when there is no case, when an id is empty or given twice.
    """
    refuse_bad_ids(cases)
    used = dict.fromkeys(column for case in cases for column in case.fields)
    ordered = [column for column in columns if column in used]
    ordered += [column for column in used if column not in set(columns)]
    whole = hashlib.sha256()
    for case in sorted(cases, key=lambda case: case.id):
        whole.update(_bytes([case.id, case.split, sorted(case.fields.items())]))
    return Content(tuple(cases), tuple(ordered), whole.hexdigest())


def refuse_bad_ids(cases: Sequence[Case]) -> None:
    """InvalidInput that names the id."""
    if not cases:
        raise InvalidInput("There is no row to keep. Choose rows first.")
    if len(cases) > MOST_CASES:
        raise InvalidInput(
            "There are {count} rows; at most {most} fit into a dataset. Divide the file.",
            count=len(cases),
            most=MOST_CASES,
        )
    for case in cases:
        if not case.id.strip() or len(case.id) > LONGEST_ID:
            raise InvalidInput(
                "The case id {id} cannot be used: give every row an id of 1 to {most} characters.",
                id=repr(case.id[:40]),
                most=LONGEST_ID,
            )
    twice = [id_ for id_, count in Counter(case.id for case in cases).items() if count > 1]
    if twice:
        raise InvalidInput(
            "Case ids that are given more than once: {ids}. Each row needs an id of its own.",
            ids=", ".join(twice[:5]),
        )


def id_from(fields: Mapping[str, str]) -> str:
    """An id made from the content, the same for the same fields in every file and order."""
    return hashlib.sha256(_bytes(sorted(fields.items()))).hexdigest()[:12]


def with_ids(rows: Iterable[Mapping[str, str]]) -> list[Case]:
    """Cases with ids from their content; equal rows are told apart by a number after it."""
    seen: Counter[str] = Counter()
    cases = []
    for fields in rows:
        own = id_from(fields)
        seen[own] += 1
        cases.append(Case(own if seen[own] == 1 else f"{own}-{seen[own]}", fields))
    return cases


def _bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()
