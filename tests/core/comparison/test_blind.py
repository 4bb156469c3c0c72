"""Blind mode shuffles columns per row: the same for a seed, fair over rows, not to be guessed."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparison.blind import shown_orders

ROWS = [f"i{number}" for number in range(1, 121)]


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.text(min_size=1), unique=True, max_size=30),
    st.lists(st.text(min_size=1), unique=True, min_size=1, max_size=6),
)
def test_every_row_shows_every_column_once(seed: int, rows: list[str], columns: list[str]) -> None:
    orders = shown_orders(seed, rows, columns)
    assert list(orders) == rows
    assert all(sorted(order) == sorted(columns) for order in orders.values())
    assert orders == shown_orders(seed, rows, columns)


@pytest.mark.parametrize("width", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("seed", [0, 1, 99])
def test_every_column_stands_equally_often_in_each_place_and_left_of_each(
    width: int, seed: int
) -> None:
    columns = [f"c{number}" for number in range(width)]
    orders = shown_orders(seed, ROWS[: 2 * width * 5], columns).values()
    places = Counter((one, order.index(one)) for order in orders for one in columns)
    assert set(places.values()) == {10}
    for left, right in combinations(columns, 2):
        before = sum(order.index(left) < order.index(right) for order in orders)
        assert before == len(orders) / 2


def test_a_row_tells_nothing_of_the_next() -> None:
    orders = shown_orders(7, ROWS, ["a", "b"])
    repeats = sum(orders[one] == orders[two] for one, two in pairwise(ROWS))
    assert 40 <= repeats <= 80


def test_seeds_differ() -> None:
    shown = {tuple(shown_orders(seed, ROWS, ["a", "b"]).values()) for seed in range(20)}
    assert len(shown) == 20
