"""Which answers of an evaluation another model gave than the rest: their scores stand apart. Pure.

Nothing is kept of this. It follows from what the runs say, each time that scores are read, so it
is never older than they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from core.records.evaluations import ServedCount
from core.records.served import bare, is_other


@dataclass(frozen=True, slots=True)
class Served:
    """Who answered for a candidate (or for an entry of the leaderboard), by its key.

    `main` is the model whose answers count under the candidate's name: the one asked for wherever
    that answered at all. `apart` are answers by models that are left out of every figure.
    """

    key: str
    asked: str
    main: str
    answers: int
    apart: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_other(self) -> bool:
        """Whether the figures are not of the model they are called by."""
        return is_other(self.main, self.asked)

    @property
    def left_out(self) -> int:
        """How many answers no figure counts."""
        return sum(self.apart.values())


def everyone(counts: Iterable[ServedCount], key: Callable[[ServedCount], str]) -> list[Served]:
    """By key, in the order of keys."""
    by_key: dict[str, Counter[str]] = defaultdict(Counter)
    asked: dict[str, str] = {}
    for one in counts:
        by_key[key(one)][bare(one.served)] += one.answers
        asked.setdefault(key(one), bare(one.asked))
    return [_of_one(name, asked[name], models) for name, models in sorted(by_key.items())]


def who_served(counts: Iterable[ServedCount], key: Callable[[ServedCount], str]) -> list[Served]:
    """Those of whom there is something to tell by themselves."""
    return told(everyone(counts, key))


def told(found: Iterable[Served]) -> list[Served]:
    """Those for whom another model answered, or several versions."""
    return [one for one in found if one.apart or one.is_other]


def _of_one(key: str, asked: str, models: Counter[str]) -> Served:
    own = {model for model in models if not is_other(model, asked)}
    ranked = sorted(own or models, key=lambda model: (-models[model], model))
    # The bare id may be any of its versions, so it never stands apart from one.
    main = next((model for model in ranked if model != asked), asked) if own else ranked[0]
    alike = {main, asked} if own else {main}
    apart = {model: count for model, count in models.most_common() if model not in alike}
    return Served(key, asked, main, models.total(), apart)


def who_judged(judged: Iterable[tuple[str, str, str]]) -> list[Served]:
    """Of (signature, judge asked for, models that judged) those with another judge, or several."""
    counts = [
        ServedCount("", signature, asked.rpartition(":")[2], served, 1)
        for signature, asked, models in judged
        for served in models.split("+")
        if asked and served
    ]
    return told(everyone(counts, lambda one: one.candidate))


def between(found: Sequence[Served]) -> list[tuple[Served, Served]]:
    """Pairs that asked for one model and got two, as on two surfaces.

    A service that names no version may mean any: that is no difference.
    """
    return [
        (a, b)
        for a, b in combinations(found, 2)
        if a.asked == b.asked and a.main != b.main and a.asked not in (a.main, b.main)
    ]


@dataclass(frozen=True, slots=True)
class Comparability:
    """Which figures may not be held against others, by key."""

    others: frozenset[str] = frozenset()
    pairs: frozenset[frozenset[str]] = frozenset()

    def holds(self, a: str, b: str) -> bool:
        """Whether two may be compared: both are of the model they are called by."""
        return not {a, b} & self.others and frozenset((a, b)) not in self.pairs


def comparability(found: Sequence[Served]) -> Comparability:
    """What follows from who answered."""
    return Comparability(
        frozenset(one.key for one in found if one.is_other),
        frozenset(frozenset((a.key, b.key)) for a, b in between(found)),
    )
