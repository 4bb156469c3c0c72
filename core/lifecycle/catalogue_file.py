"""Reading a catalogue file that somebody brings: refused with the line when something is wrong.

The same form as `data/catalogue/models.json`: `{"checked_on": day, "facts": [{surface, model,
fact, value, valid_from?, valid_to?, as_of?, source, confidence?}]}`.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, cast

from core.errors import InvalidInput
from core.lifecycle.catalogue import CONFIDENCE
from core.lifecycle.fact_values import FACTS, check_value
from core.records.catalogue import Confidence, ModelFact
from core.records.models import SURFACES

LARGEST = 2_000_000
REQUIRED = {"surface", "model", "fact", "value", "source"}
KNOWN = {*REQUIRED, "valid_from", "valid_to", "as_of", "confidence"}


def read_catalogue(data: bytes, *, actor: str) -> list[ModelFact]:
    """The facts of a file. InvalidInput names the line of what is wrong."""
    if len(data) > LARGEST:
        raise InvalidInput("The file is too large for a catalogue: at most {size} MB.", size=2)
    try:
        text = data.decode("utf-8-sig")
        found = json.loads(text)
    except UnicodeDecodeError:
        raise InvalidInput("The file is not UTF-8 text. Save it as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise InvalidInput("Line {line} is no JSON: {problem}.", line=error.lineno,
                           problem=error.msg) from error  # fmt: skip
    except RecursionError:
        raise InvalidInput("The file is nested too deeply.") from None
    if not isinstance(found, dict) or not isinstance(found.get("facts"), list):
        raise InvalidInput('The file has no list "facts". Take data/catalogue/models.json as an '
                           "example.")  # fmt: skip
    lines = _lines(text, found["facts"])
    named = re.search(r'"checked_on"\s*:', text)
    checked = _day(found.get("checked_on"), "checked_on",
                   text.count("\n", 0, named.start()) + 1 if named else 1)  # fmt: skip
    facts = [
        _fact(row, line, checked, actor) for row, line in zip(found["facts"], lines, strict=True)
    ]
    _refuse_overlaps(facts, lines)
    _refuse_ends_before_release(facts, lines)
    return facts


def _lines(text: str, facts: list[Any]) -> list[int]:
    """The line on which each fact begins. InvalidInput when one names something twice."""
    decoder = json.JSONDecoder(object_pairs_hook=_Pairs)
    for begin in re.finditer(r'"facts"\s*:\s*\[', text):
        place = begin.end()
        line = text.count("\n", 0, place) + 1
        found: list[Any] = []
        lines: list[int] = []
        with suppress(json.JSONDecodeError):
            while len(found) < len(facts):
                gap = _SPACE.match(text, place)
                line += text.count("\n", place, gap.end() if gap else place)
                lines.append(line)
                begun = gap.end() if gap else place
                one, place = decoder.raw_decode(text, begun)
                line += text.count("\n", begun, place)
                found.append(one)
        if found == facts:
            _refuse_twice(found, lines)
            return lines
    return [1] * len(facts)


class _Pairs(dict[str, Any]):
    """An object that remembers the names that it was given twice; JSON keeps only the last."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = sorted(name for name, count in Counter(n for n, _ in pairs).items()
                            if count > 1)  # fmt: skip


_SPACE = re.compile(r"[\s,]*")


def _refuse_twice(found: Sequence[Any], lines: Sequence[int]) -> None:
    for one, line in zip(found, lines, strict=True):
        if isinstance(one, _Pairs) and one.twice:
            raise InvalidInput("Line {line}: {names} is given twice.", line=line,
                               names=", ".join(one.twice))  # fmt: skip


def _fact(row: Any, line: int, checked: date, actor: str) -> ModelFact:
    if not isinstance(row, Mapping) or not row.keys() >= REQUIRED:
        raise InvalidInput("Line {line}: a fact needs {names}.", line=line,
                           names=", ".join(sorted(REQUIRED)))  # fmt: skip
    unknown = sorted(set(row) - KNOWN)
    if unknown:
        raise InvalidInput("Line {line}: {names} is not known.", line=line,
                           names=", ".join(map(str, unknown)))  # fmt: skip
    for name, allowed in (("surface", SURFACES), ("fact", FACTS),
                          ("confidence", CONFIDENCE)):  # fmt: skip
        value = row.get(name, "dataset")
        if value not in allowed:
            raise InvalidInput("Line {line}: {name} is {value}; it must be one of {allowed}.",
                               line=line, name=name, value=value,
                               allowed=", ".join(allowed))  # fmt: skip
    check_value(row["fact"], row["value"], line)
    since, until = (
        _day(row[name], name, line) if row.get(name) else None
        for name in ("valid_from", "valid_to")
    )
    if since is not None and until is not None and until <= since:
        raise InvalidInput("Line {line}: valid_to is not after valid_from.", line=line)
    as_of = _day(row["as_of"], "as_of", line) if "as_of" in row else checked
    return ModelFact(
        surface=str(row["surface"]),
        model=str(row["model"]),
        fact=str(row["fact"]),
        value=json.dumps(row["value"], ensure_ascii=False),
        valid_from=_moment(since),
        valid_to=_moment(until),
        as_of=cast("datetime", _moment(as_of)),
        source=str(row["source"]),
        confidence=cast("Confidence", row.get("confidence", "dataset")),
        entered_by=actor,
    )


def _day(value: Any, name: str, line: int) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InvalidInput("Line {line}: {name} is {value}, which is no day like 2026-12-24.",
                           line=line, name=name, value=value) from None  # fmt: skip


def _moment(day: date | None) -> datetime | None:
    return datetime.combine(day, datetime.min.time(), UTC) if day else None


def _refuse_overlaps(facts: Sequence[ModelFact], lines: Sequence[int]) -> None:
    """InvalidInput when one source says two things of the same time."""
    seen: dict[tuple[str, ...], list[tuple[ModelFact, int]]] = defaultdict(list)
    for fact, line in zip(facts, lines, strict=True):
        key = (fact.surface, fact.model, fact.fact, fact.source, str(fact.as_of))
        for other, before in seen[key]:
            if _overlap(fact, other):
                raise InvalidInput(
                    "Line {line} says something about the same time as line {before}: {model}, "
                    "{fact}.", line=line, before=before, model=fact.model, fact=fact.fact,
                )  # fmt: skip
        seen[key].append((fact, line))


def _refuse_ends_before_release(facts: Sequence[ModelFact], lines: Sequence[int]) -> None:
    """InvalidInput when a model would end before there is one."""
    released = {(one.surface, one.model): one.value for one in facts if one.fact == "released"}
    for fact, line in zip(facts, lines, strict=True):
        begun = released.get((fact.surface, fact.model))
        if fact.fact == "ends_on" and begun is not None and fact.value <= begun:
            raise InvalidInput("Line {line}: {model} would end on {day}, before its release on "
                               "{released}.", line=line, model=fact.model,
                               day=json.loads(fact.value), released=json.loads(begun))  # fmt: skip


def _overlap(one: ModelFact, other: ModelFact) -> bool:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    return (one.valid_from or first) < (other.valid_to or last) and (other.valid_from or first) < (
        one.valid_to or last
    )
