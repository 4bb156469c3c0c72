"""Which models really answered, in words.

How ids are compared: `core.records.served`. A version of the requested model is told, but is no
other model. Nothing is stripped from what is shown: sentences quote ids as the service and the
request have them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

from core.errors import fill
from core.records.comparisons import Candidate, Cell, Comparison
from core.records.messages import N_
from core.records.models import ModelRef
from core.records.served import bare, is_version_of

OTHER_MODEL = N_(
    "{column}: {requested} was asked for, but {served} answered in {answers} of {all} cells."
)
A_VERSION = N_("{column}: {requested} was asked for; its version {served} answered.")
SAME_MODEL = N_(
    "{left} and {right} are the same model: different ones were asked for, but {served} answered "
    "in both."
)
OTHER_MODELS = N_(
    "{left} and {right} asked for the same model ({requested}), but {left_served} and "
    "{right_served} answered."
)
SAME_AS_ASKED = N_("{columns} are the same model, as asked: {served} answered in all of them.")


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence: a message template with its fields, and the keys of the columns it is about."""

    level: Literal["warning", "info"]
    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    candidates: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """In English."""
        return self.said(str)

    def said(self, translated: Callable[[str], str]) -> str:
        """In the language that `translated` turns templates into."""
        return fill(translated(self.template), dict(self.values))


def notices(comparison: Comparison, cells: Sequence[Cell]) -> list[Notice]:
    """What is to be said, warnings first. A service that does not name its model says nothing."""
    served: dict[str, Counter[str]] = {one.key: Counter() for one in comparison.candidates}
    for cell in cells:
        if cell.run is not None and cell.run.reply.served_model:
            served[cell.candidate_key][cell.run.reply.served_model] += 1
    found = [
        *(one for two in combinations(comparison.candidates, 2) for one in _of_pair(two, served)),
        *(one for candidate in comparison.candidates for one in _of_column(candidate, served)),
        *_of_same(comparison.candidates, served),
    ]
    return sorted(found, key=lambda notice: notice.level != "warning")


def _of_column(candidate: Candidate, served: Mapping[str, Counter[str]]) -> Iterator[Notice]:
    requested = _requested(candidate)
    answers = served[candidate.key]
    for model, count in answers.most_common():
        values: dict[str, object] = {
            "column": candidate.title, "requested": requested, "served": model,
        }  # fmt: skip
        if bare(model) == bare(requested):
            continue
        if is_version_of(model, requested):
            yield Notice("info", A_VERSION, values, (candidate.key,))
        else:
            counts = {"answers": count, "all": answers.total()}
            yield Notice("warning", OTHER_MODEL, values | counts, (candidate.key,))


def _of_pair(
    pair: tuple[Candidate, Candidate], served: Mapping[str, Counter[str]]
) -> Iterator[Notice]:
    left, right = pair
    keys = (left.key, right.key)
    names = {"left": left.title, "right": right.title}
    lefts, rights = _only(served[left.key]), _only(served[right.key])
    if lefts is None or rights is None:
        return
    same_asked = bare(_requested(left)) == bare(_requested(right))
    same_served = bare(lefts) == bare(rights)
    if same_served and not same_asked:
        yield Notice("warning", SAME_MODEL, names | {"served": lefts}, keys)
    if same_asked and not same_served:
        models = {"requested": _requested(left), "left_served": lefts, "right_served": rights}
        yield Notice("warning", OTHER_MODELS, names | models, keys)


def _of_same(
    candidates: Sequence[Candidate], served: Mapping[str, Counter[str]]
) -> Iterator[Notice]:
    """Columns that were to be one model, and were: one sentence for all of them."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for one in candidates:
        model = _only(served[one.key])
        if model is not None:
            groups.setdefault((bare(_requested(one)), bare(model)), []).append(one)
    for group in groups.values():
        if len(group) > 1:
            values = {
                "columns": ", ".join(one.title for one in group),
                "served": next(iter(served[group[0].key])),
            }
            yield Notice("info", SAME_AS_ASKED, values, tuple(one.key for one in group))


def _requested(candidate: Candidate) -> str:
    return ModelRef.parse(candidate.model, "").model


def _only(models: Counter[str]) -> str | None:
    """The one model of a column; None when there are several, or nobody said."""
    return next(iter(models)) if len({bare(model) for model in models}) == 1 else None
