"""Which column stands where in blind mode."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence


def shown_orders(
    seed: int, inputs: Sequence[str], candidates: Sequence[str]
) -> Mapping[str, tuple[str, ...]]:
    """The candidates of each input in the order they are shown, by keys.

    Inputs are ranked by a hash of seed and key; rank after rank takes the rotations of a shuffled
    order, then those of its reverse. So nobody can guess a row from its neighbours, the same seed
    always gives the same, and over every 2 x columns rows each candidate stands equally often in
    each place and left of each other one.
    """
    width = len(candidates)
    ranked = sorted(inputs, key=lambda key: _hash(seed, "row", key))
    orders: dict[str, tuple[str, ...]] = {}
    for rank, key in enumerate(ranked):
        block, place = divmod(rank, 2 * width)
        order = sorted(candidates, key=lambda one: _hash(seed, f"block {block}", one))
        if place >= width:
            order.reverse()
        turn = place % width
        orders[key] = (*order[turn:], *order[:turn])
    return {key: orders[key] for key in inputs}


def _hash(seed: int, what: str, key: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{what}\0{key}".encode("utf-8", "replace")).digest()
