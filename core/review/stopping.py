"""Whether a round may stop: can its result still flip? Pure.

The result is who has more than half of the points over *all* items of the round. Items come in
random order, so those reviewed are a sample drawn without replacement. Against "the leader has
half at most" we bet: the capital of a fair bettor grows beyond 1/e with a chance of e at most,
however often one looks (Ville 1939). Bets and the bettor's mean for a finite population are those
of Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting" (JRSS B
2024, arXiv 2010.09686), with the plug-in bet capped at three quarters. Each side gets half of the
error. The bound needs a random order: of a round that shows telling items first, only the items
of its random sample count.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.records.review import StopAdvice

ERROR = 0.05
CAP = 0.75
"""Share of the capital that is never bet at once, so that one loss does not end it."""

TINY = 1e-9


def advice(points: Sequence[float], total: int, error: float = ERROR) -> StopAdvice:
    """Of the points (0..1, a half for a tie) so far, in the order of the queue, of `total` items.

    `certain`: even if all that is left went the other way, the leader would stay.
    """
    lead = abs(sum(points) - len(points) / 2)
    certain = total > 0 and lead > (total - len(points)) / 2
    can_stop = certain or max(_capital(points, total), _capital(_mirrored(points), total)) >= (
        2 / error
    )
    return StopAdvice(can_stop, certain, 0.0 if certain else error, len(points), total)


def _mirrored(points: Sequence[float]) -> list[float]:
    return [1 - one for one in points]


def _capital(points: Sequence[float], total: int) -> float:
    """The most that betting against "half at most" ever had, having begun with 1."""
    capital = most = 1.0
    seen, mean, spread = 0.0, 0.5, 0.25
    for number, point in enumerate(points):
        # What the next one would be on average if all items together had exactly a half.
        fair = (total / 2 - seen) / (total - number)
        if fair < TINY:
            # The side has half of all points already: with one more, half is the least it gets.
            if fair < -TINY or point > TINY:
                return float("inf")
            continue
        # The plug-in bet knows the past only.
        edge = mean - fair
        bet = min(max(edge / (spread + edge**2), 0.0), CAP / fair)
        capital *= 1 + bet * (point - fair)
        most = max(most, capital)
        seen += point
        mean = (0.5 + seen) / (number + 2)
        spread += ((point - mean) ** 2 - spread) / (number + 2)
    return most
