from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.records.review import ItemDraft, ReviewAnswer, RoundSettings, Slot
from core.review.planning import assigned_to, is_repeated, is_swapped, planned


def pairs(count: int) -> list[ItemDraft]:
    """Pairs that differ the more the higher their number."""
    return [
        ItemDraft(
            f"c{n}",
            {},
            (ReviewAnswer("a", "x" * 100), ReviewAnswer("b", "x" * (100 - n) + "y" * n)),
            disagreement=n / count,
        )
        for n in range(1, count + 1)
    ]


def test_the_same_seed_gives_the_same_round() -> None:
    settings = RoundSettings("t", "pair")
    assert planned(pairs(50), settings, 7) == planned(pairs(50), settings, 7)
    assert planned(pairs(50), settings, 7) != planned(pairs(50), settings, 8)


def test_in_random_order_everything_is_a_random_sample() -> None:
    items = planned(pairs(50), RoundSettings("t", "pair", most=20), 7)
    assert len(items) == 20 and all(one.slot.random for one in items)


def test_the_most_telling_come_first_among_a_random_sample_that_is_marked() -> None:
    for order in ("outputs_differ", "judges_disagree"):
        settings = RoundSettings("t", "pair", order=order, most=50)  # type: ignore[arg-type]
        items = planned(pairs(100), settings, 7)
        drawn = [one for one in items if one.slot.random]
        telling = [int(one.draft.case_id[1:]) for one in items if not one.slot.random]
        assert len(items) == 50 and len(drawn) == 10
        assert telling == sorted(telling, reverse=True) and telling[0] >= 95
        # Spread, so that stopping early keeps both kinds.
        assert all(any(one.slot.random for one in items[n : n + 8]) for n in range(0, 42))


def test_the_random_sample_does_not_prefer_the_telling_ones() -> None:
    settings = RoundSettings("t", "pair", order="outputs_differ", most=50)
    means = []
    for seed in range(60):
        drawn = [one for one in planned(pairs(100), settings, seed) if one.slot.random]
        means.append(sum(int(one.draft.case_id[1:]) for one in drawn) / len(drawn))
    # The mean of all is 50.5; that of 600 draws has a standard error of about 1.2.
    assert abs(sum(means) / len(means) - 50.5) < 4


@given(st.integers(0, 2**62), st.text(max_size=20), st.integers(1, 60))
def test_sides_are_balanced_after_any_even_number(seed: int, name: str, half: int) -> None:
    sides = [is_swapped(seed, name, position, repeat=False) for position in range(2 * half)]
    assert sides.count(True) == half


@given(st.integers(0, 2**62), st.text(max_size=20), st.integers(0, 10_000))
def test_the_second_time_is_the_other_way_round(seed: int, name: str, position: int) -> None:
    first = is_swapped(seed, name, position, repeat=False)
    assert is_swapped(seed, name, position, repeat=True) != first


def test_sides_of_two_people_have_nothing_to_do_with_each_other() -> None:
    same = sum(
        is_swapped(1, "Ann", p, repeat=False) == is_swapped(1, "Ben", p, repeat=False)
        for p in range(2000)
    )
    assert 850 < same < 1150


def test_about_the_share_that_is_asked_for_is_repeated() -> None:
    repeated = sum(is_repeated(1, "Ann", p, 0.05) for p in range(10_000))
    assert 420 < repeated < 580


def test_assigned_reviewers_get_equally_many_and_never_one_twice() -> None:
    settings = RoundSettings("t", "pair", reviewers=2, assigned=("A", "B", "C", "D"))
    counts: Counter[str] = Counter()
    for position in range(400):
        names = assigned_to(Slot(position, "", 2, True, False, ("a", "b")), settings, 3)
        assert len(set(names)) == 2
        counts.update(names)
    assert set(counts.values()) == {200}
