"""One plain sentence per comparison, as message templates of both languages. Pure.

A sentence never says more than the interval does: who wins is "unlikely to be luck" and the
interval leaves out zero, who does not is "not shown to be different" and the interval holds zero.
With too few cases it says how many more it would take. The level of the interval is told, since
it is stricter where several are compared (Holm).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from core.errors import fill
from core.evaluation.results import Contrast
from core.evaluation.served import Served
from core.records.messages import N_
from core.records.metrics import Scale

FARTHEST = 20
"""How many times the cases there are a reader may be told to label; beyond that nobody does."""
MOST_DIGITS = 4
"""More than a bound has as a rule, so that one near zero is not told as zero."""

_WON = {
    "share": N_(
        "{b} is better than {a} in {better} of {n} cases, worse in {worse}; unlikely to be luck "
        "({level} %: {low} to {high} points)."
    ),
    "number": N_(
        "{b} is better than {a} in {better} of {n} cases, worse in {worse}; unlikely to be luck "
        "({level} %: {low} to {high})."
    ),
}
_LOST = {
    "share": N_(
        "{b} is worse than {a} in {worse} of {n} cases, better in {better}; unlikely to be luck "
        "({level} %: {low} to {high} points)."
    ),
    "number": N_(
        "{b} is worse than {a} in {worse} of {n} cases, better in {better}; unlikely to be luck "
        "({level} %: {low} to {high})."
    ),
}
_NOT_SHOWN = {
    "share": N_(
        "{b} and {a} are not shown to be different: {b} is better in {better} of {n} cases, worse "
        "in {worse} ({level} %: {low} to {high} points)."
    ),
    "number": N_(
        "{b} and {a} are not shown to be different: {b} is better in {better} of {n} cases, worse "
        "in {worse} ({level} %: {low} to {high})."
    ),
}
_LABEL_MORE = N_(
    "Not enough data to tell a difference of this size from luck: label about {more} more cases."
)
_TOO_FEW = N_("Not enough data to compare {b} with {a}: they share {n} scored cases.")
_ALL_THE_SAME = N_(
    "{b} and {a} have the same value in each of {n} cases. Nothing varies, so there is no interval."
)
_ALL_APART = N_(
    "{b} differs from {a} by {difference} in each of {n} cases. Nothing varies, so there is no "
    "interval, and neither is called better."
)
_INCOMPLETE = N_(
    "Incomplete because of the service: {errors} errors. {b} can neither win nor lose against {a} "
    "until the failed rows are asked again."
)
_NOT_COMPARABLE = N_(
    "{b} and {a} are not comparable: another model answered or judged than was asked."
)
_OTHER_MODEL = N_(
    "{asked} was asked for, but {served} answered: the figures are of that model and not "
    "comparable with those of {asked}."
)
_SOME_APART = N_(
    "{count} of {all} answers came from {models} instead of {main}: their scores are not "
    "comparable and count in no figure."
)
_UNLIKE = N_(
    "{a} and {b} asked for the same model, {model}, but {first} and {second} answered. Their "
    "scores are not comparable."
)
_OTHER_JUDGE = N_(
    "{asked} was to judge by {metric}, but {served} judged: the scores are not comparable with "
    "those of {asked}."
)
_SEVERAL_JUDGES = N_(
    "{asked} judged by {metric} as {models}: scores of several judges are not comparable."
)


class Message(NamedTuple):
    """A template in English with its values; translated by its template."""

    template: str
    values: Mapping[str, object]

    def words(self, translate: Callable[[str], str]) -> str:
        """In the language of `translate`."""
        return fill(translate(self.template), dict(self.values))


def sentences(contrast: Contrast, a: str, b: str, scale: Scale, errors: int = 0) -> list[Message]:
    """What a comparison says of `b` against `a`, by the names given; one or two sentences.

    `errors` are those of both together. Shares are told in points of a hundred, other scales in
    the metric's unit.
    """
    low, high = bounds(contrast, scale)
    values = {
        "a": a,
        "b": b,
        "better": contrast.better,
        "worse": contrast.worse,
        "n": contrast.n,
        "errors": errors,
        "low": low,
        "high": high,
        "level": percent(contrast.confidence),
    }
    unit = "share" if scale == "share" else "number"
    if contrast.verdict == "not_comparable":
        return [Message(_NOT_COMPARABLE, values)]
    if contrast.verdict == "incomplete":
        return [Message(_INCOMPLETE, values)]
    if contrast.low is None and contrast.n > 1:
        same = contrast.difference == 0
        told = {**values, "difference": amount(contrast.difference, scale)}
        return [Message(_ALL_THE_SAME if same else _ALL_APART, told)]
    if contrast.verdict == "not_enough_data" or contrast.low is None:
        return [Message(_TOO_FEW, values)]
    if contrast.verdict == "better":
        return [Message(_WON[unit], values)]
    if contrast.verdict == "worse":
        return [Message(_LOST[unit], values)]
    more = cases_to_label(contrast)
    said = [Message(_NOT_SHOWN[unit], values)]
    return said if more is None else [*said, Message(_LABEL_MORE, {"more": f"{more:,}"})]


def served_sentences(one: Served) -> list[Message]:
    """Which models answered instead, and what that means for the figures."""
    said = []
    if one.is_other:
        said.append(Message(_OTHER_MODEL, {"asked": one.asked, "served": one.main}))
    if one.apart:
        values = {"count": f"{one.left_out:,}", "all": f"{one.answers:,}",
                  "models": ", ".join(one.apart), "main": one.main}  # fmt: skip
        said.append(Message(_SOME_APART, values))
    return said


def judge_sentence(one: Served, metric: str) -> Message:
    """That another model judged, or several did."""
    values = {"asked": one.asked, "metric": metric, "served": one.main}
    if one.apart:
        return Message(_SEVERAL_JUDGES, {**values, "models": ", ".join([one.main, *one.apart])})
    return Message(_OTHER_JUDGE, values)


def unlike_sentence(a: Served, b: Served, names: Mapping[str, str]) -> Message:
    """That two asked for one model and got two; `names` are by key."""
    values = {"a": names.get(a.key, a.key), "b": names.get(b.key, b.key), "model": a.asked,
              "first": a.main, "second": b.main}  # fmt: skip
    return Message(_UNLIKE, values)


def cases_to_label(contrast: Contrast) -> int | None:
    """How many more cases would show a true difference of the size seen; None for too many."""
    if contrast.needed is None or not contrast.n < contrast.needed <= FARTHEST * contrast.n:
        return None
    return contrast.needed - contrast.n


def percent(confidence: float) -> str:
    """A confidence in per cent, with as many digits as keep it below a hundred."""
    error = 100 * (1 - confidence)
    digits = 0 if abs(error - round(error)) < 1e-9 else 1 if error > 0.15 else 2
    return f"{100 * confidence:.{digits}f}"


def amount(value: float | None, scale: Scale) -> str:
    """A difference with its sign; a share in points of a hundred."""
    if value is None:
        return "–"
    shown = _rounded(value, scale)
    # Rounding may leave a sign without a number behind it.
    return "0" if float(shown) == 0 else shown


def bounds(contrast: Contrast, scale: Scale) -> tuple[str, str]:
    """The interval of a comparison; a winner's is not rounded to one that holds zero."""
    won = contrast.verdict in ("better", "worse")
    low, high = (
        _rounded_apart(one, scale) if won and one else amount(one, scale)
        for one in (contrast.low, contrast.high)
    )
    return low, high


def _rounded_apart(value: float, scale: Scale) -> str:
    """With as many digits more as it takes to tell it from zero."""
    found = (_rounded(value, scale, more) for more in range(MOST_DIGITS))
    return next((one for one in found if float(one) != 0), f"{value:+.1e}")


def _rounded(value: float, scale: Scale, more: int = 0) -> str:
    if scale == "number":
        return f"{value:+.3g}"
    return f"{100 * value:+.{more}f}" if scale == "share" else f"{value:+.{2 + more}f}"
