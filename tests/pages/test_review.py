"""The review page against a real store, without a browser: judging."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.records.review import RoundSettings, RubricLine
from core.workbench import Workbench
from pages.ui.review import judge as review_judge
from tests.pages.conftest import Open
from tests.pages.reviewing import (
    ME,
    PAGE,
    PAIR,
    SECRETS,
    invited,
    judge_all,
    made,
    press,
    texts,
)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test clicks sooner after an item has come up than a person can."""
    monkeypatch.setattr(review_judge, "QUICKEST_S", 0.0)


def test_an_empty_list_says_what_a_round_is(open_page: Open) -> None:
    at = open_page(PAGE)
    assert not at.exception
    assert "No round yet" in texts(at)


def test_a_reviewer_is_asked_for_a_name_first(open_page: Open, bench: Workbench) -> None:
    at = open_page(PAGE, **invited(bench, made(bench)))
    assert at.title[0].value == "Welcome"
    assert "Customer" not in texts(at)


def test_verdicts_are_kept_and_the_next_item_follows(open_page: Open, bench: Workbench) -> None:
    asked = made(bench)
    at = open_page(PAGE, **invited(bench, asked), **{"as": "Hana"})
    assert not at.exception
    before = texts(at)
    at = press(at, "review.choice.left.")
    assert not at.exception and not at.error
    assert texts(at) != before
    (line,) = bench.reviews.rounds(ME)
    assert (line.verdicts, line.reviewers) == (1, 1)


def test_a_pair_can_be_judged_with_reasons_and_taken_back(
    open_page: Open, bench: Workbench
) -> None:
    at = open_page(PAGE, **invited(bench, made(bench)), **{"as": "Hana"})
    next(one for one in at.button_group if "review.why" in str(one.key)).set_value(["tone"])
    at = press(at, "review.choice.right.")
    at = press(at, "review.undo")
    chips = next(one for one in at.button_group if "review.why" in str(one.key))
    assert list(chips.value) == ["tone"]
    (line,) = bench.reviews.rounds(ME)
    assert line.verdicts == 0


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        pytest.param(RoundSettings("r", "single", "rating", repeats=0.0), "review.choice.4.",
                     id="1 to 5"),
        pytest.param(RoundSettings("r", "single", "pass_fail", repeats=0.0),
                     "review.choice.fail.", id="good enough or not"),
    ],
)  # fmt: skip
def test_single_answers_are_judged_by_one_press(
    open_page: Open, bench: Workbench, settings: RoundSettings, key: str
) -> None:
    asked = made(bench, settings)
    at = press(open_page(PAGE, **invited(bench, asked), **{"as": "Hana"}), key)
    assert not at.exception and not at.error
    assert bench.reviews.rounds(ME)[0].verdicts == 1


def test_a_rubric_is_handed_in_when_every_point_is_answered(
    open_page: Open, bench: Workbench
) -> None:
    lines = (RubricLine("p1", "It is polite."), RubricLine("p2", "It names a date."))
    asked = made(bench, RoundSettings("r", "single", "rubric", rubric=lines, repeats=0.0))
    at = open_page(PAGE, **invited(bench, asked), **{"as": "Hana"})
    at = press(at, "review.line.1.")
    assert next(one for one in at.button if "choice.done" in str(one.key)).disabled
    at = press(press(at, "review.line.2."), "review.line.2.")
    at = press(at, "review.choice.done.")
    assert not at.exception and not at.error
    bench.reviews.close(asked.id, ME)
    assert b"p2" in bench.reviews.export(asked.id, "jsonl", ME)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        pytest.param(PAIR, "which of them you would rather get", id="a pair"),
        pytest.param(RoundSettings("r", "single", "pass_fail"), "use it as it is", id="one"),
        pytest.param(replace(PAIR, instructions="Be kind."), "Be kind.", id="of the round's maker"),
    ],
)
def test_a_newcomer_is_told_what_to_do(
    open_page: Open, bench: Workbench, settings: RoundSettings, told: str
) -> None:
    at = open_page(PAGE, **invited(bench, made(bench, settings)), **{"as": "Hana"})
    what = next(one for one in at.expander if one.label == "What to do")
    assert what.proto.expanded
    assert told in " ".join(one.value for one in what.markdown)


def test_skipping_asks_why(open_page: Open, bench: Workbench) -> None:
    asked = made(bench)
    at = press(open_page(PAGE, **invited(bench, asked), **{"as": "Hana"}), "review.skip.")
    assert "Why do you skip it?" in texts(at)
    at = press(at, "review.skip.unclear.")
    assert not at.exception and not at.error
    assert "unclear" in bench.reviews.export(asked.id, "jsonl", ME).decode()


def test_nothing_tells_whose_answers_they_are(open_page: Open, bench: Workbench) -> None:
    asked = made(bench)
    judge_all(bench, asked, "Ren", ["left"])
    at = open_page(PAGE, **invited(bench, asked), **{"as": "Hana"})
    everything = texts(at) + str(at.main) + str(at.sidebar)
    assert not [word for word in (*SECRETS, "Ren", "Ren says so") if word in everything]


def test_a_key_pressed_twice_counts_once(
    open_page: Open, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_judge, "QUICKEST_S", 60.0)
    at = open_page(PAGE, **invited(bench, made(bench)), **{"as": "Hana"})
    at = press(at, "review.choice.left.")
    assert "That was quick" in texts(at)
    assert bench.reviews.rounds(ME)[0].verdicts == 0


def test_a_link_that_was_taken_back_ends_in_an_open_page(open_page: Open, bench: Workbench) -> None:
    asked = made(bench)
    at = open_page(PAGE, **invited(bench, asked), **{"as": "Hana"})
    for invite in bench.reviews.invites(asked.id, ME):
        bench.reviews.revoke(asked.id, invite.id, ME)
    at = press(at, "review.choice.left.")
    assert "no longer valid" in texts(at)
    assert bench.reviews.rounds(ME)[0].verdicts == 0


def test_a_guessed_link_leads_nowhere(open_page: Open, bench: Workbench) -> None:
    at = open_page(PAGE, round=made(bench).id, invite="guessed", **{"as": "Hana"})
    assert not at.exception
    assert "leads nowhere" in texts(at)
    assert "Customer" not in texts(at)


def test_an_expired_link_lets_nobody_in(open_page: Open, bench: Workbench) -> None:
    asked = made(bench)
    _invite, token = bench.reviews.invite(asked.id, ME, "", datetime.now(UTC) - timedelta(days=1))
    at = open_page(PAGE, round=asked.id, invite=token, **{"as": "Hana"})
    assert not at.exception
    assert "no longer valid" in texts(at)
    assert "Customer" not in texts(at)


def test_a_link_shows_its_own_round_whatever_the_address_says(
    open_page: Open, bench: Workbench
) -> None:
    mine, other = made(bench), made(bench, replace(PAIR, title="Somebody else's"))
    query = {**invited(bench, mine), "round": other.id, "view": "results"}
    at = open_page(PAGE, **query, **{"as": "Hana"})
    assert not at.exception
    assert at.title[0].value == PAIR.title
    assert "Somebody else" not in texts(at)


def test_two_tabs_of_one_reviewer_judge_one_item_once(open_page: Open, bench: Workbench) -> None:
    asked = made(bench)
    query = {**invited(bench, asked), "as": "Hana"}
    first, second = open_page(PAGE, **query), open_page(PAGE, **query)
    press(first, "review.choice.left.")
    second = press(second, "review.choice.right.")
    assert not second.exception and not second.error
    (line,) = bench.reviews.rounds(ME)
    # The other tab showed the same item still: what was said last of it holds.
    assert (line.verdicts, line.reviewers) == (1, 1)
    bench.reviews.close(asked.id, ME)
    export = bench.reviews.export(asked.id, "jsonl", ME).decode().splitlines()
    assert len(export) == 1


def test_a_closed_round_takes_no_verdict_from_an_open_page(
    open_page: Open, bench: Workbench
) -> None:
    asked = made(bench)
    at = open_page(PAGE, **invited(bench, asked), **{"as": "Hana"})
    bench.reviews.close(asked.id, ME)
    at = press(at, "review.choice.left.")
    assert not at.exception
    assert "closed" in texts(at)


def test_who_reviews_waits_for_the_results(open_page: Open, bench: Workbench) -> None:
    asked = made(bench)
    at = press(open_page(PAGE, round=asked.id, view="judge"), "review.choice.left.")
    assert not at.exception and not at.error
    at = open_page(PAGE, round=asked.id, view="results")
    assert "once it is closed" in texts(at)
