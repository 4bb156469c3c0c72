from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.board import case_table


class Columns(NamedTuple):
    group: np.ndarray
    case: np.ndarray
    total: np.ndarray
    answers: np.ndarray
    failed: np.ndarray


ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([-7, 3, 2**62]), st.integers(0, 4),
              st.integers(0, 3), st.integers(0, 2)),
    max_size=14,
)  # fmt: skip


def columns(rows: list[tuple[int, int, int, int, int]]) -> Columns:
    group, case, total, answers, failed = zip(*rows, strict=True) if rows else [()] * 5
    whole = [np.array(one, dtype=np.int64) for one in (group, case, answers, failed)]
    return Columns(whole[0], whole[1], np.array(total, dtype=np.float64), whole[2], whole[3])


@given(ROWS, st.booleans())
def test_a_table_holds_the_means_of_sums_in_any_order(
    rows: list[tuple[int, int, int, int, int]], in_order: bool
) -> None:
    rows = [(g, c, t if n else 0, n, f) for g, c, t, n, f in (sorted(rows) if in_order else rows)]
    found = case_table(3, columns(rows))
    names = sorted({row[1] for row in rows})
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for group, case, total, answers, _failed in rows:
        sums[group, case][0] += total
        sums[group, case][1] += answers
    assert found.values.shape == (len(names), 3)
    for group in range(3):
        for place, case in enumerate(names):
            total, answers = sums[group, case]
            value = found.values[place, group]
            assert np.isnan(value) if not answers else value == total / answers
        assert found.scored[group] == sum(row[3] for row in rows if row[0] == group)
        assert found.errors[group] == sum(row[4] for row in rows if row[0] == group)


def test_entries_with_the_same_cases_in_the_same_order_are_numbered_alike() -> None:
    rows = [(group, case, group + place, 1, 0)
            for group in range(3) for place, case in enumerate((9, -4, 5))]  # fmt: skip
    assert case_table(3, columns(rows)).values.tolist() == [[1, 2, 3], [2, 3, 4], [0, 1, 2]]
