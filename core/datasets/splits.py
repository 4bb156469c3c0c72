"""Which side of a split a case is on: decided by a hash, so that it never moves."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from core.errors import InvalidInput
from core.records.datasets import SPLITS, Case, CaseSlice, Split, SplitRule

T = TypeVar("T")


def side_of(case: Case, rule: SplitRule | None) -> Split | None:
    """The case's own split, else the one its hash falls into; None when nothing divides."""
    if case.split is not None or rule is None:
        return case.split
    digest = hashlib.sha256(f"{rule.seed}:{case.id}".encode()).digest()
    place = int.from_bytes(digest[:8]) / 2**64
    train, validation, _ = rule.shares
    if place < train:
        return "train"
    return "validation" if place < train + validation else "test"


def selected(
    cases: Iterable[tuple[T, Case]], rule: SplitRule | None, which: CaseSlice, *, open_test: bool
) -> list[tuple[T, Split | None]]:
    """What a slice's split lets through, with its side; a sealed test case only when opened."""
    hidden = rule is not None and rule.sealed and not open_test
    sides = ((key, side_of(case, rule)) for key, case in cases)
    return [
        (key, side)
        for key, side in sides
        if which.split in (None, side) and not (hidden and side == "test")
    ]


def counts(sides: Iterable[Split | None]) -> Mapping[Split, int]:
    """How many cases each side has."""
    found: dict[Split, int] = dict.fromkeys(SPLITS, 0)
    for side in sides:
        if side is not None:
            found[side] += 1
    return found


def rule_of(shares: Sequence[float], *, seed: int = 0, sealed: bool = False) -> SplitRule:
    """A rule for these shares of train, validation and test. InvalidInput unless they add up."""
    train, validation, test = shares
    if min(shares) < 0 or not math.isclose(math.fsum(shares), 1, abs_tol=1e-6):
        raise InvalidInput(
            "The shares of the split are {shares}; they must be 0 or more and add up to 100 %.",
            shares=" + ".join(f"{share:.0%}" for share in shares),
        )
    return SplitRule(seed, (train, validation, test), sealed)
