"""Failed cases in groups, so that one sees what goes wrong before reading a hundred rows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from core.records.datasets import REFERENCE, Case
from core.records.evaluations import ScoredResponse

GroupKind = Literal["error", "label", "reason", "column"]
MOST_VALUES = 20
"""Different values up to which a column tells kinds of cases apart."""
MOST_REASON = 80


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failed cases that share something.

    `kind` says what: how the call failed, the label found for the label expected, the metric's
    reason, or the value of a column (`name`).
    """

    kind: GroupKind
    name: str
    value: str
    case_ids: tuple[str, ...]


def failure_groups(
    cases: Sequence[Case], scores: Sequence[ScoredResponse], most: int = 12
) -> list[FailureGroup]:
    """Groups of two cases and more, the largest first; a case is in several of them."""
    found: dict[tuple[GroupKind, str, str], dict[str, None]] = {}
    for scored in scores:
        for key in _keys(scored):
            found.setdefault(key, {})[scored.case_id] = None
    for column in _telling_columns(cases):
        for case in cases:
            if column in case.fields:
                key = ("column", column, case.fields[column])
                found.setdefault(key, {})[case.id] = None
    groups = [FailureGroup(*key, tuple(ids)) for key, ids in found.items() if len(ids) > 1]
    return sorted(groups, key=lambda group: -len(group.case_ids))[:most]


def _keys(scored: ScoredResponse) -> Iterator[tuple[GroupKind, str, str]]:
    score = scored.score
    if score.status == "error":
        yield "error", "", str(score.details.get("outcome") or short(score.reason))
        return
    expected, found = score.details.get("expected"), score.details.get("found")
    if expected is not None and found is not None and expected != found:
        yield "label", str(expected), str(found)
    elif score.reason:
        yield "reason", "", short(score.reason)


def _telling_columns(cases: Sequence[Case]) -> Iterator[str]:
    """Columns of few different values, such as labels; not those that are different in each."""
    columns = dict.fromkeys(column for case in cases for column in case.fields)
    for column in columns:
        values = {case.fields[column] for case in cases if column in case.fields}
        if 1 < len(values) <= min(MOST_VALUES, max(2, len(cases) // 2)) and (
            column == REFERENCE or max(map(len, values)) <= MOST_REASON
        ):
            yield column


def short(text: str) -> str:
    """The beginning of a reason, so that reasons differing at their end are one group."""
    line = " ".join(text.split())
    return line if len(line) <= MOST_REASON else line[:MOST_REASON] + "…"
