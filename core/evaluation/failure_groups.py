"""What failed cases have in common that the others have not. Pure.

A group is a simple feature with a name: the length or language of the answer, a number that is
missing, a label mixed up, the value of a column, texts that are alike. Groups are ordered by
surprise: how many more failures they hold than the overall share of failures makes one expect. A
column in which everything fails equally often therefore explains nothing and is not listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.evaluation.metrics.language import language_of
from core.evaluation.metrics.numbers import numbers_in
from core.evaluation.metrics.text import nfkc, without_space
from core.records.metrics import Score

FeatureKind = Literal[
    "error",
    "label",
    "reason",
    "column",
    "language",
    "length",
    "missing_number",
    "similar_answers",
    "similar_inputs",
]
MOST_VALUES = 20
"""Different values up to which a column tells kinds of cases apart."""
MOST_CLUSTERED = 400
"""Failures beyond which texts that are alike are looked for among the first only."""
ALIKE = 0.5
"""Share of common 3-grams (Jaccard) from which two texts are in one group."""
_MOST_TEXT = 80
_LONGEST_COMPARED = 2_000
_SHORT, _LONG = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Answered:
    """One candidate's answer to a case with its score; `fields` are the case's columns."""

    case_id: str
    fields: Mapping[str, str]
    answer: str
    score: Score

    @property
    def reference(self) -> str | None:
        """The expected answer, if there is one."""
        return self.fields.get("reference")


class Feature(NamedTuple):
    """Something a case has. `name` is the column, or the label expected; `value` what it holds.

    For length: empty, short, long. For texts that are alike: the first of them.
    """

    kind: FeatureKind
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failed cases with a feature; `of` counts all cases with it, failed or not."""

    feature: Feature
    case_ids: tuple[str, ...]
    of: int

    @property
    def share(self) -> float:
        """How often cases with this feature fail."""
        return len(self.case_ids) / self.of


def failure_groups(
    failed: Sequence[Answered], others: Sequence[Answered] = (), most: int = 12
) -> list[FailureGroup]:
    """Groups of two failures and more, the most surprising first; a case is in several of them.

    `others` are the answers of the same candidate that did not fail.
    """
    columns = telling_columns([*failed, *others])
    members: dict[Feature, dict[str, None]] = {}
    for one in failed:
        for feature in (*_of_score(one.score), *_of_answer(one, columns)):
            members.setdefault(feature, {})[one.case_id] = None
    passed: dict[Feature, set[str]] = {}
    for one in others:
        for feature in _of_answer(one, columns):
            passed.setdefault(feature, set()).add(one.case_id)
    for feature, ids in _alike(failed):
        members[feature] = dict.fromkeys(ids)
    # With repeats a case may have failed once and not another time.
    bad = {one.case_id for one in failed}
    overall = len(bad) / max(len(bad | {one.case_id for one in others}), 1)
    groups = [
        FailureGroup(feature, tuple(ids), len(passed.get(feature, set()) | ids.keys()))
        for feature, ids in members.items()
        if len(ids) > 1
    ]
    telling = [group for group in groups if not others or group.share > overall]
    return sorted(telling, key=lambda group: (-_surprise(group, overall), group.feature))[:most]


def _surprise(group: FailureGroup, overall: float) -> float:
    """Failures more than expected; without other cases to compare with, simply the failures."""
    expected = group.of * overall if overall < 1 else 0
    return len(group.case_ids) - expected


def telling_columns(answers: Sequence[Answered]) -> list[str]:
    """Columns of few different values, such as labels; not those that differ in each case."""
    columns = dict.fromkeys(column for one in answers for column in one.fields)
    telling = []
    for column in columns:
        values = {one.fields[column] for one in answers if column in one.fields}
        few = min(MOST_VALUES, max(2, len(answers) // 2))
        if 1 < len(values) <= few and max(map(len, values)) <= _MOST_TEXT:
            telling.append(column)
    return telling


def _of_score(score: Score) -> Iterator[Feature]:
    """What only a failure has."""
    if score.status == "error":
        yield Feature("error", "", _shortened(score.reason))
        return
    expected, found = score.details.get("expected"), score.details.get("found")
    if isinstance(expected, str) and expected != found:
        yield Feature("label", expected, str(found or ""))
    elif score.reason:
        yield Feature("reason", "", _shortened(score.reason))


def _of_answer(one: Answered, columns: Sequence[str]) -> Iterator[Feature]:
    """What any answer may have."""
    for column in columns:
        if column in one.fields:
            yield Feature("column", column, one.fields[column])
    if one.score.status == "error":
        return
    language = language_of(one.answer)
    if language is not None:
        yield Feature("language", "", language)
    length = _length(one.answer, one.reference)
    if length:
        yield Feature("length", "", length)
    if one.reference is not None and set(numbers_in(one.reference)) - set(numbers_in(one.answer)):
        yield Feature("missing_number", "", "")


def _length(answer: str, reference: str | None) -> str:
    if not answer.strip():
        return "empty"
    expected = len(without_space(reference or ""))
    if not expected:
        return ""
    times = len(without_space(answer)) / expected
    return "short" if times < _SHORT else "long" if times > _LONG else ""


def _alike(failed: Sequence[Answered]) -> Iterator[tuple[Feature, list[str]]]:
    """Failures whose answers, or whose inputs, are nearly the same text."""
    some = [one for one in failed if one.score.status != "error"][:MOST_CLUSTERED]
    answers = [(one.case_id, one.answer) for one in some]
    inputs = [(one.case_id, _input(one)) for one in failed[:MOST_CLUSTERED]]
    texts: tuple[tuple[FeatureKind, list[tuple[str, str]]], ...] = (
        ("similar_answers", answers),
        ("similar_inputs", inputs),
    )
    for kind, pairs in texts:
        for cluster in clusters(pairs):
            if 1 < len(cluster) < len(failed):
                first = dict(pairs)[cluster[0]]
                yield Feature(kind, "", _shortened(first)), cluster


def _input(one: Answered) -> str:
    """The longest column that is not the expected answer: what the case is about."""
    texts = [text for column, text in one.fields.items() if column != "reference"]
    return max(texts, key=len, default="")


def clusters(texts: Sequence[tuple[str, str]], alike: float = ALIKE) -> list[list[str]]:
    """Ids of texts in groups, by id and text: each joins the first group whose first text it is
    like, or begins one."""
    groups: list[tuple[frozenset[str], list[str]]] = []
    for case_id, text in texts:
        grams = _grams(text)
        if not grams:
            continue
        for first, ids in groups:
            common = len(grams & first)
            if common >= alike * (len(grams) + len(first) - common):
                ids.append(case_id)
                break
        else:
            groups.append((grams, [case_id]))
    return [ids for _, ids in groups]


def _grams(text: str) -> frozenset[str]:
    plain = without_space(nfkc(text[:_LONGEST_COMPARED]).casefold())
    return frozenset(plain[place : place + 3] for place in range(max(len(plain) - 2, 1))) - {""}


def _shortened(text: str) -> str:
    """The beginning of a text on one line, so that those differing at their end are one."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_TEXT else line[:_MOST_TEXT] + "…"
