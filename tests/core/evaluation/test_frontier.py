from __future__ import annotations

import pytest

from core.evaluation.frontier import frontier


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param([], [], id="nobody"),
        pytest.param([(1.0, 0.5)], [0], id="alone"),
        pytest.param([(3.0, 0.9), (1.0, 0.5), (2.0, 0.4)], [1, 0], id="dearer and worse is out"),
        pytest.param([(1.0, 0.5), (1.0, 0.7)], [1], id="the better of the same price"),
        pytest.param([(1.0, 0.5), (1.0, 0.5)], [0], id="of equals the first"),
        pytest.param([(0.0, 0.1), (2.0, 0.1)], [0], id="paying for nothing"),
    ],
)
def test_who_is_worth_the_price(points: list[tuple[float, float]], expected: list[int]) -> None:
    assert frontier(points) == expected
