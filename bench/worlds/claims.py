"""Verdicts in simulated worlds: how often they claim too much, what they cover, what they find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bench.report import Row
from bench.worlds.engines import Outcome, Setting, judged, local
from bench.worlds.world import KINDS, World
from core.evaluation.statistics import wilson
from core.records.optimizations import Verdict

ROWS, TEST_ROWS = 40, 50
NO_GAIN = 0.005
REAL_GAIN = 0.2
COVERED = (0.93, 0.97)


class Job(NamedTuple):
    """One job; `verdict` None when the start was the best, so that no test case was looked at."""

    outcome: Outcome
    verdict: Verdict | None

    @property
    def gain(self) -> float:
        """The true one, of the whole population of cases."""
        return self.outcome.true - self.outcome.start


def jobs(kind: str, calls: int, seeds: Sequence[int]) -> list[Job]:
    """A job of each seed, judged as a real one is."""
    found = []
    for seed in seeds:
        world = World(KINDS[kind], seed)
        outcome = local(world, Setting(ROWS, calls))
        looked = outcome.text != world.start
        found.append(Job(outcome, judged(world, outcome, TEST_ROWS) if looked else None))
    return found


def claim_rows(seeds: Sequence[int]) -> list[Row]:
    """What is claimed where nothing is to be gained, and where something is.

    The worlds other than the null one get a third of the seeds.
    """
    some = seeds[: max(1, len(seeds) // 3)]
    null, harmful = jobs("null", 120, seeds), jobs("harmful", 120, some)
    real = jobs("single rules", 240, some)
    return [
        false_claims("null", null),
        false_claims("harmful", harmful),
        coverage("null world: interval covers the true difference", null),
        coverage("single rules: interval covers the true gain", real),
        power(real),
    ]


def false_claims(kind: str, found: Sequence[Job]) -> Row:
    """How often "better" is said of a prompt that is not."""
    looked = [one for one in found if one.verdict is not None]
    claims = sum(one.verdict is not None and one.verdict.verdict == "better" and one.gain < NO_GAIN
                 for one in looked)  # fmt: skip
    worse = sum(one.gain < 0 for one in looked)
    shown = sum((one.outcome.shown or 0) > one.outcome.start for one in looked)
    share = wilson(claims, len(found))
    assert share is not None
    return Row(f'{kind} world: false "better"', 100 * share.value, "%", 5.0,
               share.value <= 0.05 and share.high <= 0.08,
               f"{claims} of {len(found)} jobs, 95 % up to {100 * share.high:.1f} %; {len(looked)} "
               f"looked at the test, {worse} of these truly worse, {shown} had a higher tuning "
               f"score than the true start")  # fmt: skip


def coverage(measure: str, found: Sequence[Job]) -> Row:
    """How often the interval of a look holds the true difference of the population.

    A job that kept its start took no look and has no interval.
    """
    low, high = COVERED
    asked = [one for one in found if one.verdict is not None and one.verdict.low is not None]
    hits = sum(one.verdict.low <= one.gain <= one.verdict.high for one in asked)  # type: ignore[union-attr, operator]
    share = wilson(hits, len(asked))
    assert share is not None
    return Row(measure, 100 * share.value, "%", None, low <= share.value <= high,
               f"93 to 97 % wanted; {hits} of {len(asked)} looks, 95 % {100 * share.low:.1f} to "
               f"{100 * share.high:.1f} %")  # fmt: skip


def power(found: Sequence[Job]) -> Row:
    """How often a real gain is found."""
    real = [one for one in found if one.gain >= REAL_GAIN]
    hits = sum(one.verdict is not None and one.verdict.verdict == "better" for one in real)
    return Row("a true gain of 0.20 and more is found with 50 test cases",
               100 * hits / max(1, len(real)), "%", None, hits >= 0.8 * len(real),
               f"80 % wanted; {hits} of {len(real)}")  # fmt: skip
