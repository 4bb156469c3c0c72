from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.store.database import Database
from core.store.run_search import condition, first_id, milliseconds, slices

# Few letters, so that hits happen; those of patterns, so that mistakes in escaping show.
LETTERS = "abのはé.*+?()[]{}|\\^$ \n\x00-#&~😀"
TEXTS = st.text(LETTERS, max_size=12)


@given(TEXTS.filter(bool), st.lists(TEXTS, min_size=1, max_size=6))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_text_is_found_exactly_where_python_finds_it(word: str, texts: list[str]) -> None:
    sql, value = condition(word)
    rows = DATABASE.rows(
        f"select search, {sql} from (select unnest(cast(? as text[])) as search)", [value, texts]
    )
    assert rows == [(text, word in text) for text in texts]


DATABASE = Database(None)


def test_a_long_text_is_looked_for_without_a_pattern() -> None:
    assert condition("x" * 5000) == ("contains(search, ?)", "x" * 5000)


@pytest.mark.parametrize(
    ("span", "runs"),
    [
        pytest.param(0, 1, id="a single run"),
        pytest.param(1000, 10, id="fewer runs than a slice"),
        pytest.param(86_400_000, 1_000_000, id="a million in a day"),
        pytest.param(10, 10_000_000, id="more runs than milliseconds"),
    ],
)
def test_slices_cover_every_moment_once_from_new_to_old(span: int, runs: int) -> None:
    oldest, newest = (
        UUID(first_id(1_700_000_000_000)),
        UUID(int=UUID(first_id(1_700_000_000_000 + span)).int + 99),
    )
    ranges = list(slices(oldest, newest, runs))
    assert UUID(ranges[0][1]) > newest
    assert UUID(ranges[-1][0]) <= oldest
    assert [low for low, _ in ranges[:-1]] == [high for _, high in ranges[1:]]
    assert all(low < high for low, high in ranges)
    assert len(ranges) < 20


def test_the_first_slice_holds_about_a_quarter_of_a_million() -> None:
    oldest, newest = UUID(first_id(1_700_000_000_000)), UUID(first_id(1_700_001_000_000))
    low, high = next(slices(oldest, newest, 1_000_000))
    share = (milliseconds(UUID(high)) - milliseconds(UUID(low))) / 1_000_000
    assert share == pytest.approx(0.25, abs=0.01)
