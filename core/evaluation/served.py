"""Which answers of an evaluation another model gave than the rest: their scores stand apart. Pure.

Nothing is kept of this. It follows from what the runs say, each time that scores are read, so it
is never older than they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from core.errors import fill
from core.records.evaluations import ServedCount
from core.records.messages import N_
from core.records.served import bare, is_other

_IS_OTHER = N_(
    "{asked} was asked for, but {served} answered: the figures are of that model and not "
    "comparable with those of {asked}."
)
_SOME_APART = N_(
    "{count} of {all} answers came from {models} instead of {main}: their scores are not "
    "comparable and count in no figure."
)


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


def who_served(counts: Iterable[ServedCount], key: Callable[[ServedCount], str]) -> list[Served]:
    """By key, those of whom there is something to tell; in the order of keys."""
    by_key: dict[str, Counter[str]] = defaultdict(Counter)
    asked: dict[str, str] = {}
    for one in counts:
        by_key[key(one)][bare(one.served)] += one.answers
        asked.setdefault(key(one), bare(one.asked))
    found = [_of_one(name, asked[name], models) for name, models in sorted(by_key.items())]
    return [one for one in found if one.apart or one.is_other]


def _of_one(key: str, asked: str, models: Counter[str]) -> Served:
    own = {model for model in models if not is_other(model, asked)}
    ranked = sorted(own or models, key=lambda model: (-models[model], model))
    # The bare id may be any of its versions, so it never stands apart from one.
    main = next((model for model in ranked if model != asked), asked) if own else ranked[0]
    alike = {main, asked} if own else {main}
    apart = {model: count for model, count in models.most_common() if model not in alike}
    return Served(key, asked, main, models.total(), apart)


def between(found: Sequence[Served]) -> list[tuple[Served, Served]]:
    """Pairs that asked for one model and got two, as on two surfaces."""
    return [(a, b) for a, b in combinations(found, 2) if a.asked == b.asked and a.main != b.main]


def sentence(one: Served, translate: Callable[[str], str]) -> str:
    """Which models answered instead, and what that means for the figures."""
    parts = []
    if one.is_other:
        parts.append(fill(translate(_IS_OTHER), {"asked": one.asked, "served": one.main}))
    if one.apart:
        values: dict[str, object] = {
            "count": f"{one.left_out:,}",
            "all": f"{one.answers:,}",
            "models": ", ".join(one.apart),
            "main": one.main,
        }
        parts.append(fill(translate(_SOME_APART), values))
    return " ".join(parts)
