"""The gate: is the new candidate good enough to take the old one's place? Pure.

A non-inferiority decision on shared cases, with one-sided errors of 5 % (as in the guidance for
trials of the same name: CPMP/EWP/2158/99): *pass* when a loss of the margin or more is excluded,
*fail* when some loss is shown, *not enough data* when neither is, *incomplete* when the service
failed too often for the numbers to mean anything. "Not enough" is never rounded to "pass".
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Literal, NamedTuple

from scipy.special import ndtri

from core.evaluation.clusters import Clusters
from core.evaluation.statistics import PairedDifference, paired_difference

GateVerdict = Literal["pass", "fail", "not_enough_data", "incomplete"]
VERDICTS: tuple[GateVerdict, ...] = ("pass", "fail", "not_enough_data", "incomplete")
MARGIN = 0.03
"""Points of a hundred that may be lost, as a share: 3 points unless somebody says otherwise."""
RANGE = (0.0, 1.0)
"""Values come as shares of what the metric can reach."""
TWO_SIDED = 0.92
"""Both bounds of this interval are one-sided bounds of 95 %, with a point to spare: the score
interval errs up to half a point too often at a few hundred cases (`python -m bench.migration`)."""
MOST_ERRORS = 0.02
POWER = 0.8
FARTHEST = 50
"""How many times the cases there are is still called a number of cases to label."""


class Decision(NamedTuple):
    """What the gate says. Differences are new minus old, in the metric's unit (shares: 0..1).

    `needed` are cases to label beyond the `n` there are; None when no number would do, or none
    is needed. `why` says what made it incomplete: `errors` or `served`.
    """

    verdict: GateVerdict
    difference: float | None
    low: float | None
    high: float | None
    margin: float
    n: int
    wins: int = 0
    losses: int = 0
    needed: int | None = None
    why: Literal["", "errors", "served"] = ""


def decide(
    before: Sequence[float],
    after: Sequence[float],
    *,
    errors: int = 0,
    asked: int | None = None,
    rerouted: bool = False,
    margin: float = MARGIN,
    clusters: Sequence[object] | Clusters | None = None,
) -> Decision:
    """Decide on per-case values of the old and the new candidate, higher being better.

    `errors` of `asked` answers failed; `asked` is both candidates' answers (twice the cases unless
    given). `rerouted` says that another model answered than was asked, so that the two sides are
    not what they are called.
    """
    found = paired_difference(before, after, clusters, TWO_SIDED, RANGE)
    total = asked if asked is not None else 2 * len(before) + errors
    if rerouted:
        return _undecided(found, margin, "served")
    if total and errors / total > MOST_ERRORS:
        return _undecided(found, margin, "errors")
    if found is None:
        return Decision("not_enough_data", None, None, None, margin, 0)
    if found.low > -margin:
        return _decision("pass", found, margin)
    if found.high < 0:
        return _decision("fail", found, margin)
    return _decision("not_enough_data", found, margin)._replace(
        needed=cases_to_label(found, margin)
    )


def cases_to_label(found: PairedDifference, margin: float) -> int | None:
    """More cases at which a pass is likely (four in five) if what was seen is true.

    None when the loss seen is the margin or close to it: then no number of cases would do.
    """
    distance = margin + min(found.difference, 0.0)
    if distance <= 0 or found.n < 2:
        return None
    z = float(ndtri(0.5 + TWO_SIDED / 2) + ndtri(POWER))
    # One case that changes stands for what a sample without any cannot show.
    sd = max(found.spread, (1 / found.n) ** 0.5)
    if not isfinite(sd):
        return None
    total = (z * sd / distance) ** 2
    more = int(total) + 1 - found.n
    return more if 0 < more <= FARTHEST * found.n else None


def _decision(verdict: GateVerdict, found: PairedDifference, margin: float) -> Decision:
    return Decision(
        verdict, found.difference, found.low, found.high, margin, found.n, found.wins, found.losses
    )


def _undecided(
    found: PairedDifference | None, margin: float, why: Literal["errors", "served"]
) -> Decision:
    if found is None:
        return Decision("incomplete", None, None, None, margin, 0, why=why)
    return _decision("incomplete", found, margin)._replace(why=why)
