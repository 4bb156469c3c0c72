"""What a metric is, and how a family of metrics describes itself to the registry and to forms."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from core.evaluation.metrics.reasons import NO_COLUMN, because
from core.records.datasets import REFERENCE
from core.records.messages import N_
from core.records.metrics import Direction, MetricInfo, Sample, Scale, Score

Language = Literal["ja", "en", "auto"]
"""Of a whole set of cases, never of one case: how texts are cut into tokens depends on it.

`auto` cuts words out of scripts with spaces and single characters out of those without.
"""
LANGUAGES: tuple[Language, ...] = ("auto", "ja", "en")

OptionKind = Literal["toggle", "choice", "text", "number", "list"]
OptionValue: TypeAlias = bool | str | float | tuple[str, ...]
OptionValues = Mapping[str, OptionValue]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose about a metric. `help` is translated by whoever shows it.

    `default` has the type of `kind`: bool, str, str, float, tuple of str. With `required` the
    default is only what a form begins with.
    """

    name: str
    kind: OptionKind
    default: OptionValue
    help: str
    choices: tuple[str, ...] = ()
    required: bool = False


class Metric(Protocol):
    """Scores one answer at a time. The same sample always gets the same score."""

    @property
    def info(self) -> MetricInfo:
        """Name, signature, direction and range."""

    def score(self, sample: Sample) -> Score:
        """Score one answer. What cannot be scored is a status with a reason, never a zero."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric before its options are chosen. `summary` is translated by whoever shows it.

    `build` gets a value for every option. It raises InvalidInput for values that make no sense.
    `needs` names the fields of a case, or the parts of a `Sample`, without which nothing is
    scored.
    """

    name: str
    summary: str
    build: Callable[[Definition, OptionValues, Language], Metric]
    options: tuple[Option, ...] = ()
    direction: Direction = "higher"
    scale: Scale = "share"
    low: float | None = 0.0
    high: float | None = 1.0
    needs: frozenset[str] = frozenset()
    version: int = 1

    def info(self, *signature: str, needs: frozenset[str] | None = None) -> MetricInfo:
        """What is known once the options are chosen; `signature` are the parts after the version.

        Empty parts are left out.
        """
        return MetricInfo(
            self.name,
            "|".join((self.name, f"v{self.version}", *filter(None, signature))),
            self.direction,
            self.scale,
            self.low,
            self.high,
            self.needs if needs is None else needs,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric made of a function."""

    info: MetricInfo
    measure: Callable[[Sample], Score]

    def score(self, sample: Sample) -> Score:
        """Score one answer."""
        return self.measure(sample)


REFERENCE_OPTION = Option(
    "reference",
    "text",
    REFERENCE,
    N_("The column that holds the expected answer."),
)


def against_reference(
    definition: Definition,
    values: OptionValues,
    compare: Callable[[str, str], float | Score],
    *signature: str,
) -> Metric:
    """A metric that compares the answer with the expected one: `compare(answer, expected)`.

    The column is that of `REFERENCE_OPTION`. A case without it is "not applicable".
    """
    column = str(values[REFERENCE_OPTION.name])
    part = "" if column == REFERENCE else quoted("ref", column)

    def measure(sample: Sample) -> Score:
        expected = sample.fields.get(column)
        if expected is None:
            return missing(column)
        found = compare(sample.response, expected)
        return found if isinstance(found, Score) else Score(found)

    return Measured(definition.info(*signature, part, needs=frozenset({column})), measure)


def missing(what: str) -> Score:
    """There is nothing to score against."""
    return not_applicable(because(NO_COLUMN, column=what))


def not_applicable(reason: str) -> Score:
    """The metric says nothing about this case; it enters no average."""
    return Score(None, "not_applicable", reason)


def passed(yes: bool, reason: str = "", **details: object) -> Score:
    """1 or 0; the reason is for the reader of a failed case."""
    return Score(1.0 if yes else 0.0, reason="" if yes else reason, details=details)


def quoted(label: str, *texts: str) -> str:
    """A signature part for texts that a person wrote: as they stand if short, else their hash."""
    whole = ",".join(texts)
    if len(whole) <= 40 and len(texts) < 2 and "|" not in whole and whole.isprintable():
        return f"{label}:{whole}"
    data = "\0".join(texts).encode("utf-8", "surrogatepass")
    return f"{label}:#{hashlib.sha256(data).hexdigest()[:12]}"
