"""What is in a dataset, before numbers rest on it: lengths, languages, balance, repeats, PII."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from core.datasets.near_duplicates import MOST_COMPARED, NearPair, near_pairs
from core.datasets.pii import PiiKind, find
from core.records.datasets import REFERENCE, Case

Language = Literal["ja", "ko", "han", "latin", "other"]
MOST_LABELS = 20
"""Different values up to which a column is taken for a label."""
_KANA = re.compile("[\u3040-\u30ff\uff66-\uff9d]")
_HAN = re.compile("[\u3400-\u9fff々]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. Lengths are of the texts that are not empty; None when there is none."""

    name: str
    filled: int
    empty: int
    distinct: int
    shortest: int | None
    median: float | None
    longest: int | None
    lengths: Sequence[int]
    labels: Mapping[str, int]
    languages: Mapping[Language, int]


@dataclass(frozen=True, slots=True)
class PiiFinding:
    """Cases of which a column looks as if it held this kind of personal data."""

    kind: PiiKind
    column: str
    case_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that the profile page shows. `near` is None when there are too many cases.

    `crossing` are pairs of the same or nearly the same input on different sides of the split.
    """

    cases: int
    columns: Sequence[ColumnProfile]
    duplicates: Sequence[Sequence[str]]
    conflicts: Sequence[Sequence[str]]
    near: Sequence[NearPair] | None
    crossing: Sequence[tuple[str, str]]
    pii: Sequence[PiiFinding]


def profile(cases: Sequence[Case], columns: Sequence[str]) -> Profile:
    """Look at every case. Cases with the same input are duplicates; when their references
    differ, they are conflicts: no answer can be right for both."""
    inputs = [_input(case) for case in cases]
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(inputs):
        if text:
            groups[text].append(place)
    repeated = [places for places in groups.values() if len(places) > 1]
    firsts = [places[0] for places in groups.values()]
    near: list[NearPair] | None = None
    if len(firsts) <= MOST_COMPARED:
        near = [
            NearPair(cases[firsts[int(a)]].id, cases[firsts[int(b)]].id, share)
            for a, b, share in near_pairs([inputs[place] for place in firsts])
        ]
    duplicates = [[cases[place].id for place in places] for places in repeated]
    return Profile(
        len(cases),
        [_column(name, cases) for name in columns],
        duplicates,
        [
            [cases[place].id for place in places]
            for places in repeated
            if len({cases[place].reference for place in places}) > 1
        ],
        near,
        _crossing(cases, duplicates, near or ()),
        pii_findings(cases),
    )


def _crossing(
    cases: Sequence[Case], duplicates: Sequence[Sequence[str]], near: Sequence[NearPair]
) -> list[tuple[str, str]]:
    side = {case.id: case.split for case in cases}
    pairs = [pair for group in duplicates for pair in pairwise(group)]
    pairs += [(one.a, one.b) for one in near]
    return [(a, b) for a, b in pairs if side[a] != side[b]]


def _input(case: Case) -> str:
    """What a model would read of it, without what does not change the meaning."""
    texts = [text for name, text in sorted(case.fields.items()) if name != REFERENCE]
    return " ".join(unicodedata.normalize("NFKC", " ".join(texts)).casefold().split())


def _column(name: str, cases: Sequence[Case]) -> ColumnProfile:
    texts = [case.fields.get(name, "") for case in cases]
    filled = [text for text in texts if text.strip()]
    lengths = [len(text) for text in filled]
    counted = Counter(filled)
    return ColumnProfile(
        name,
        len(filled),
        len(texts) - len(filled),
        len(counted),
        min(lengths, default=None),
        median(lengths) if lengths else None,
        max(lengths, default=None),
        lengths,
        dict(counted.most_common()) if _is_label(counted, len(filled)) else {},
        Counter(language_of(text) for text in filled),
    )


def _is_label(counted: Mapping[str, int], filled: int) -> bool:
    return 0 < len(counted) <= MOST_LABELS and len(counted) * 2 <= filled


def language_of(text: str) -> Language:
    """By the script, which is sure: kana is Japanese, but kanji alone may be Chinese."""
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    if _HAN.search(text):
        return "han"
    return "latin" if _LATIN.search(text) else "other"


def pii_findings(cases: Sequence[Case]) -> list[PiiFinding]:
    """Which cases hold what, by kind and column."""
    found: defaultdict[tuple[PiiKind, str], dict[str, None]] = defaultdict(dict)
    for case in cases:
        for name, text in case.fields.items():
            for hit in find(text):
                found[hit.kind, name][case.id] = None
    return [PiiFinding(kind, name, list(ids)) for (kind, name), ids in sorted(found.items())]
