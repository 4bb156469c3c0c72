"""Verdicts counted: who was better how often, with what certainty. Pure.

A verdict for one side counts one for it, a slight one as much: how far apart two answers are is
not measured. Shares and their interval are over the *decided* verdicts, those for one side:
"the same" and "both bad" say nothing about who is better and are reported beside them, as the
sign test of Dixon and Mood (1946) leaves ties out. The interval is Wilson's (1927); with few
verdicts it stays within 0 and 1, which Wald's does not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from core.i18n import translator
from core.records.comparisons import Verdict

Z_95 = 1.959963984540054
ALPHA = 0.05
MOST_NEEDED = 2_000


class Interval(NamedTuple):
    """A share with its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairTally:
    """Two candidates against each other; `left` and `right` are their keys.

    `share` is how often the right one won among the decided, None when nothing was decided; `p`
    is that of the exact two-sided sign test.
    """

    left: str
    right: str
    left_wins: int
    left_slight: int
    right_slight: int
    right_wins: int
    same: int
    both_bad: int
    share: Interval | None
    p: float | None

    @property
    def left_total(self) -> int:
        """Verdicts for the left one, slight ones too."""
        return self.left_wins + self.left_slight

    @property
    def right_total(self) -> int:
        """Verdicts for the right one, slight ones too."""
        return self.right_wins + self.right_slight

    @property
    def decided(self) -> int:
        """Verdicts for one of the two."""
        return self.left_total + self.right_total

    @property
    def n(self) -> int:
        """All verdicts."""
        return self.decided + self.same + self.both_bad

    @property
    def clear(self) -> bool:
        """Whether luck alone is an unlikely explanation."""
        return self.p is not None and self.p < ALPHA


def newest(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The newest verdict of each person on each pair of each input; the order of sides is void."""
    kept: dict[tuple[str, str, frozenset[str]], Verdict] = {}
    for verdict in sorted(verdicts, key=lambda one: (one.created_at, one.id)):
        pair = frozenset((verdict.left, verdict.right))
        kept[(verdict.created_by, verdict.input_key, pair)] = verdict
    return list(kept.values())


def tally(verdicts: Iterable[Verdict], keys: Sequence[str]) -> list[PairTally]:
    """Every pair that was judged, in the order of `keys`, whatever side each was shown on."""
    counted: dict[tuple[str, str], Counter[str]] = {}
    for verdict in newest(verdicts):
        if verdict.left not in keys or verdict.right not in keys or verdict.left == verdict.right:
            continue
        turned = keys.index(verdict.left) > keys.index(verdict.right)
        pair = (verdict.right, verdict.left) if turned else (verdict.left, verdict.right)
        choice = _TURNED.get(verdict.choice, verdict.choice) if turned else verdict.choice
        counted.setdefault(pair, Counter())[choice] += 1
    return [
        _pair(left, right, counted[left, right])
        for left, right in combinations(keys, 2)
        if (left, right) in counted
    ]


_TURNED = {
    "left": "right",
    "slightly_left": "slightly_right",
    "slightly_right": "slightly_left",
    "right": "left",
}


def _pair(left: str, right: str, count: Counter[str]) -> PairTally:
    for_left = count["left"] + count["slightly_left"]
    for_right = count["right"] + count["slightly_right"]
    return PairTally(
        left,
        right,
        count["left"],
        count["slightly_left"],
        count["slightly_right"],
        count["right"],
        count["same"],
        count["both_bad"],
        wilson(for_right, for_left + for_right),
        sign_test(for_right, for_left + for_right),
    )


def wilson(wins: int, n: int) -> Interval | None:
    """The 95 % score interval of a share; None when there is nothing to share."""
    if n == 0:
        return None
    share = wins / n
    spread = Z_95**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z_95 / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    low = 0.0 if wins == 0 else max(middle - half, 0.0)
    return Interval(share, low, 1.0 if wins == n else min(middle + half, 1.0))


def sign_test(wins: int, n: int) -> float | None:
    """The exact two-sided p of a fair coin; None when nothing was decided."""
    if n == 0:
        return None
    rarer = min(wins, n - wins)
    tail = sum(math.comb(n, k) for k in range(rarer + 1))
    return min(2 * tail / (1 << n), 1.0)


def more_needed(pair: PairTally) -> int | None:
    """About how many more verdicts would tell, if they went on falling as they do.

    None when that many are not worth asking for, or nobody is ahead.
    """
    if pair.n == 0 or pair.decided == 0:
        return None
    ahead = max(pair.left_total, pair.right_total) / pair.decided
    if ahead == 0.5:
        return None
    # The normal approximation of the sign test, with its continuity correction, and on from there.
    decided = math.ceil((Z_95 / (2 * ahead - 1)) ** 2 + 1 / (2 * ahead - 1))
    total = math.ceil(decided * pair.n / pair.decided)
    while total <= MOST_NEEDED and _p(ahead, decided) >= ALPHA:
        decided += 1
        total = math.ceil(decided * pair.n / pair.decided)
    return max(total - pair.n, 1) if total <= MOST_NEEDED else None


def _p(share: float, n: int) -> float:
    found = sign_test(round(share * n), n)
    return 1.0 if found is None else found


def sentence(pair: PairTally, left: str, right: str, language: str) -> str:
    """One plain sentence about a pair; `left` and `right` are how the reader knows them."""
    _ = translator(language)
    if pair.share is None or pair.p is None:
        return _(
            "{left} and {right}: nothing decided yet in {n} verdicts "
            "(the same in {same}, both bad in {bad})."
        ).format(left=left, right=right, n=pair.n, same=pair.same, bad=pair.both_bad)
    ahead, behind, wins, losses, share = right, left, pair.right_total, pair.left_total, pair.share
    if wins <= losses:
        ahead, behind, wins, losses = left, right, losses, wins
        share = Interval(1 - share.share, 1 - share.high, 1 - share.low)
    if wins == losses:
        template = _("{ahead} and {behind} were each better in {wins} of {n}, the same in {same}, "
                     "both bad in {bad}")  # fmt: skip
    else:
        template = _("{ahead} was better in {wins} of {n}, worse in {losses}, the same in {same}, "
                     "both bad in {bad}")  # fmt: skip
    counts = template.format(
        ahead=ahead, behind=behind, wins=wins, losses=losses, n=pair.n, same=pair.same,
        bad=pair.both_bad,
    )  # fmt: skip
    interval = _(
        "share of {ahead} among the {decided} decided: {share} %, 95 % interval {low} to {high} %, "
        "sign test p {p}"
    ).format(
        decided=pair.decided,
        ahead=ahead,
        share=round(100 * share.share),
        low=round(100 * share.low),
        high=round(100 * share.high),
        p=f"= {pair.p:.2g}" if pair.p >= 0.001 else "< 0.001",
    )
    needed = more_needed(pair)
    if pair.clear:
        template = _("{counts}; unlikely to be luck ({interval}).")
    elif needed is None:
        template = _("{counts}; no difference shown ({interval}).")
    else:
        template = _(
            "{counts}; not enough verdicts to tell, about {needed} more are needed ({interval})."
        )
    return template.format(counts=counts, interval=interval, needed=needed)
