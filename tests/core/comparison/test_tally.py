from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.comparison.tally import more_needed, newest, sentence, sign_test, tally, wilson
from core.records.comparisons import CHOICES, Choice, Verdict
from tests.core.comparison.making import verdict

KEYS = ("c1", "c2", "c3")


def many(**counts: int) -> list[Verdict]:
    chosen = [choice for choice, n in counts.items() for _ in range(n)]
    return [verdict(n, choice) for n, choice in enumerate(chosen)]  # type: ignore[arg-type]


@given(st.integers(0, 60), st.integers(1, 60))
def test_wilson_and_the_sign_test_agree_with_scipy(wins: int, more: int) -> None:
    n = wins + more
    expected = binomtest(wins, n)
    interval = expected.proportion_ci(0.95, "wilson")
    found = wilson(wins, n)
    assert found is not None
    assert found.low == pytest.approx(interval.low, abs=1e-9)
    assert found.high == pytest.approx(interval.high, abs=1e-9)
    assert sign_test(wins, n) == pytest.approx(expected.pvalue, abs=1e-9)


def test_nothing_decided_is_not_even() -> None:
    (pair,) = tally(many(same=3, both_bad=2), KEYS)
    assert (pair.share, pair.p, pair.n, pair.decided) == (None, None, 5, 0)
    assert "nothing decided yet in 5" in sentence(pair, "A", "B", "en")


def test_slight_wins_count_as_wins_and_are_told_apart() -> None:
    (pair,) = tally(
        many(left=1, slightly_left=2, slightly_right=3, right=4, same=5, both_bad=6), KEYS
    )
    assert (pair.left_total, pair.right_total, pair.n) == (3, 7, 21)
    assert (pair.left_slight, pair.right_slight) == (2, 3)
    assert pair.share is not None and pair.share.share == 0.7


def test_a_pair_is_the_same_whichever_side_it_was_shown_on() -> None:
    turned = [
        verdict(1, "left", left="c2", right="c1"),
        verdict(2, "slightly_right", left="c2", right="c1"),
    ]
    (pair,) = tally(turned, KEYS)
    assert (pair.left, pair.right) == ("c1", "c2")
    assert (pair.right_wins, pair.left_slight) == (1, 1)


def test_the_newest_verdict_of_a_person_holds() -> None:
    first, second = (
        verdict(1, "left", by="aiko"),
        verdict(2, "right", by="aiko", left="c2", right="c1"),
    )
    assert newest([second, first]) == [second]
    assert (
        len(
            newest([first, verdict(2, "right", by="ben"), verdict(3, "right", row="i2", by="aiko")])
        )
        == 3
    )


def test_verdicts_on_columns_that_are_gone_do_not_count() -> None:
    assert tally([verdict(1, "left", left="gone"), verdict(2, "left", right="c1")], KEYS) == []


@pytest.mark.parametrize(
    ("counts", "en", "ja"),
    [
        pytest.param(
            {"right": 25, "slightly_right": 6, "left": 9, "same": 10},
            "B was better in 31 of 50, worse in 9, the same in 10, both bad in 0; unlikely to be luck "
            "(share of B among the 40 decided: 78 %, 95 % interval 62 to 88 %, sign test p < 0.001).",
            "「B」は50件中31件で優れ、9件で劣り、同等は10件、両方とも不十分は0件。偶然とは考えにくい差です"
            "（優劣のついた40件に占める「B」の割合 78%、95%信頼区間 62〜88%、符号検定 p < 0.001）。",
            id="clear",
        ),
        pytest.param(
            {"left": 5},
            "A was better in 5 of 5, worse in 0, the same in 0, both bad in 0; not enough verdicts to "
            "tell, about 1 more are needed (share of A among the 5 decided: 100 %, 95 % interval 57 to "
            "100 %, sign test p = 0.062).",
            "「A」は5件中5件で優れ、0件で劣り、同等は0件、両方とも不十分は0件。判断するには判定が足りません。"
            "あと約1件必要です（優劣のついた5件に占める「A」の割合 100%、95%信頼区間 57〜100%、符号検定 p = 0.062）。",
            id="too few",
        ),
        pytest.param(
            {"left": 2, "right": 2, "both_bad": 1},
            "A and B were each better in 2 of 5, the same in 0, both bad in 1; no difference shown "
            "(share of A among the 4 decided: 50 %, 95 % interval 15 to 85 %, sign test p = 1).",
            "5件中、「A」と「B」が良かったのはそれぞれ2件、同等は0件、両方とも不十分は1件。差があるとは言えません"
            "（優劣のついた4件に占める「A」の割合 50%、95%信頼区間 15〜85%、符号検定 p = 1）。",
            id="even",
        ),
    ],
)
def test_one_plain_sentence(counts: dict[str, int], en: str, ja: str) -> None:
    (pair,) = tally(many(**counts), KEYS)
    assert sentence(pair, "A", "B", "en") == en
    assert sentence(pair, "A", "B", "ja") == ja


def test_a_title_with_braces_is_only_a_title() -> None:
    (pair,) = tally(many(right=1), KEYS)
    assert "{n} was better in 1 of 1" in sentence(pair, "{x}", "{n}", "en")


def test_as_many_more_verdicts_as_asked_for_would_tell() -> None:
    for wins, losses, ties in itertools.product(range(1, 30, 3), range(0, 20, 3), range(0, 20, 5)):
        (pair,) = tally(many(right=wins, left=losses, same=ties), KEYS)
        needed = more_needed(pair)
        if needed is None or pair.clear:
            continue
        decided = math.ceil(pair.decided * (pair.n + needed) / pair.n)
        ahead = max(pair.left_total, pair.right_total) / pair.decided
        p = sign_test(round(ahead * decided), decided)
        # One vote more can be a step away from the threshold: "about".
        assert p is not None and p < 0.1


@given(
    st.lists(
        st.tuples(st.sampled_from(CHOICES), st.sampled_from(["i1", "i2"]), st.integers(0, 3)),
        max_size=40,
    )
)
def test_every_verdict_that_holds_is_counted_once(given_: list[tuple[Choice, str, int]]) -> None:
    verdicts = [
        verdict(n, choice, row=row, by=f"p{who}") for n, (choice, row, who) in enumerate(given_)
    ]
    assert sum(pair.n for pair in tally(verdicts, KEYS)) == len(
        {(row, who) for _, row, who in given_}
    )
    for pair in tally(verdicts, KEYS):
        if pair.share is not None:
            assert 0 <= pair.share.low <= pair.share.share <= pair.share.high <= 1
