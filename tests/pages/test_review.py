"""The review page against a real store, without a browser: making a round, and judging in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.access import local_person
from core.records.datasets import Case
from core.records.prompts import PromptSpec
from core.records.review import Judgement, Nothing, ReviewRound, RoundSettings, RubricLine
from core.workbench import Workbench
from pages.ui import review_judge
from tests.core.evaluation.evaluating import cases_of, draft, run, with_metrics
from tests.pages.conftest import Open

PAGE = "improve/review"
ME = local_person("tester")
SECRETS = ("alpha-model", "beta-model")
PAIR = RoundSettings("Which reply is kinder?", "pair", reviewers=2, repeats=0.0)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test clicks sooner after an item has come up than a person can."""
    monkeypatch.setattr(review_judge, "QUICKEST_S", 0.0)


def texts(at: AppTest) -> str:
    """Everything that is said on the page."""
    kinds: tuple[Any, ...] = (at.title, at.header, at.markdown, at.caption, at.success, at.warning,
                              at.info, at.error, at.button)  # fmt: skip
    return "\n".join(
        str(getattr(one, "value", None) or getattr(one, "label", ""))
        for kind in kinds
        for one in kind
    )


def dataset(bench: Workbench, count: int = 6) -> str:
    """A dataset with the answers of two models in columns that bear their names."""
    rows = [
        Case(
            f"t{n}",
            {
                "prompt": f"Customer {n} is angry.",
                "reference": f"We are sorry, customer {n}.",
                SECRETS[0]: f"Sorry, customer {n}. We will look at it today.",
                SECRETS[1]: f"Dear customer {n}, this is not our fault.",
            },
        )
        for n in range(count)
    ]
    return bench.datasets.create("replies", rows, actor="ada", source="test").id


def made(bench: Workbench, settings: RoundSettings = PAIR, count: int = 6) -> ReviewRound:
    """A round over both columns, or over the first."""
    columns = SECRETS if settings.kind == "pair" else SECRETS[:1]
    draft = bench.reviews.from_dataset(dataset(bench, count), settings, columns)
    return bench.reviews.create_round(draft, ME)


def invited(bench: Workbench, asked: ReviewRound) -> dict[str, str]:
    """The address that a reviewer gets."""
    _invite, token = bench.reviews.invite(asked.id, ME)
    return {"round": asked.id, "invite": token}


def press(at: AppTest, start: str) -> AppTest:
    """Press the button whose key begins so."""
    found = [one for one in at.button if str(one.key).startswith(start)]
    assert found, f"no button {start} among {[one.key for one in at.button]}"
    return found[0].click().run()


def judge_all(bench: Workbench, asked: ReviewRound, name: str, choices: Sequence[str]) -> None:
    """So many verdicts of somebody who came by a link."""
    reviews = bench.reviews
    _invite, token = reviews.invite(asked.id, ME)
    somebody = reviews.join(token, name)
    for choice in choices:
        handed = reviews.next_item(asked.id, somebody)
        assert not isinstance(handed, Nothing)
        reviews.verdict(
            asked.id, handed.lease_id,
            Judgement(choice=choice, reasons=("tone",), comment=f"{name} says so",  # type: ignore[arg-type]
                      correction="We are very sorry."), somebody,
        )  # fmt: skip


def test_an_empty_list_says_what_a_round_is(open_page: Open) -> None:
    at = open_page(PAGE)
    assert not at.exception
    assert "No round yet" in texts(at)


def test_a_round_is_made_from_two_columns_of_a_dataset(open_page: Open, bench: Workbench) -> None:
    dataset(bench)
    at = open_page(PAGE, view="new")
    at.segmented_control(key="review.new.origin").set_value("dataset").run()
    first = next(one for one in at.selectbox if str(one.key).startswith("review.new.first"))
    second = next(one for one in at.selectbox if str(one.key).startswith("review.new.second"))
    first.set_value(SECRETS[0])
    second.set_value(SECRETS[1]).run()
    at.text_area(key="review.new.instructions").set_value("Choose the kinder one.")
    at.button(key="review.create").click().run()
    assert not at.exception and not at.error
    (line,) = bench.reviews.rounds(ME)
    assert line.round.items == 6
    assert line.round.settings.instructions == "Choose the kinder one."
    assert at.query_params["round"] in (line.round.id, [line.round.id])


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


@pytest.mark.parametrize(
    ("token", "said"), [pytest.param("guessed", "leads nowhere", id="guessed")]
)
def test_a_guessed_link_leads_nowhere(
    open_page: Open, bench: Workbench, token: str, said: str
) -> None:
    at = open_page(PAGE, round=made(bench).id, invite=token, **{"as": "Hana"})
    assert not at.exception
    assert said in texts(at)
    assert "Customer" not in texts(at)


def test_a_closed_round_takes_no_verdict_from_an_open_page(
    open_page: Open, bench: Workbench
) -> None:
    asked = made(bench)
    at = open_page(PAGE, **invited(bench, asked), **{"as": "Hana"})
    bench.reviews.close(asked.id, ME)
    at = press(at, "review.choice.left.")
    assert not at.exception
    assert "closed" in texts(at)


@pytest.fixture
def judged(bench: Workbench) -> ReviewRound:
    """Two people who agree on half of the items."""
    asked = made(bench)
    judge_all(bench, asked, "Ren", ["same"] * 6)
    judge_all(bench, asked, "Mio", ["same"] * 3 + ["both_bad"] * 3)
    return asked


def test_progress_names_every_reviewer(open_page: Open, judged: ReviewRound) -> None:
    at = open_page(PAGE, round=judged.id)
    assert not at.exception and not at.error
    assert sorted(at.dataframe[0].value["Reviewer"]) == ["Mio", "Ren"]


def test_agreement_is_shown_with_rates_and_matrix(open_page: Open, judged: ReviewRound) -> None:
    at = open_page(PAGE, round=judged.id, view="results")
    assert not at.exception and not at.error
    named = {one.label: one.value for one in at.metric}
    assert named["Same verdict"] == "50 %"
    assert "Krippendorff's alpha" in named
    assert any("Both are bad" in str(one.value) for one in at.dataframe)


def test_a_disagreement_is_settled(open_page: Open, bench: Workbench, judged: ReviewRound) -> None:
    at = open_page(PAGE, round=judged.id, view="splits")
    assert not at.exception and not at.error
    assert "3 items, 0 of them settled" in texts(at)
    at = press(at, "review.settle.")
    assert not at.exception and not at.error
    assert sum(one.adjudication is not None for one in bench.reviews.results(
        judged.id, ME).splits) == 1  # fmt: skip


def test_what_was_said_becomes_a_dataset_version(
    open_page: Open, bench: Workbench, judged: ReviewRound
) -> None:
    at = open_page(PAGE, round=judged.id, view="feedback")
    assert not at.exception and not at.error
    assert "Ren says so" in texts(at)
    at.button(key="review.corrections").click().run()
    assert not at.exception and not at.error
    (line,) = bench.datasets.list()
    assert line.latest.number == 2
    assert any(case.fields["reference"] == "We are very sorry."
               for case in bench.datasets.cases(line.latest.id))  # fmt: skip


def test_comments_become_wishes_of_an_optimization_but_not_those_on_test_cases(
    open_page: Open, bench: Workbench, judged: ReviewRound
) -> None:
    bench.authoring.save_new("mail", PromptSpec(system="Be short."), actor="tester")
    version = judged.source.dataset_version_id or ""
    at = open_page("improve/optimize", view="new", round=judged.id, dataset=version)
    assert not at.exception and not at.error
    [wishes] = [one for one in at.text_area if str(one.key).endswith(".wishes")]
    assert "says so" in wishes.value
    left_out = [one.value for one in at.caption if "is left out" in one.value]
    assert len(left_out) == 1


def test_judges_are_told_to_be_missing(open_page: Open, judged: ReviewRound) -> None:
    at = open_page(PAGE, round=judged.id, view="judges")
    assert not at.exception and not at.error
    assert "no scores of a judge" in texts(at)


def test_a_judge_is_compared_with_people(open_page: Open, bench: Workbench) -> None:
    done = run(bench, with_metrics(draft(bench, cases_of(24)), "label_accuracy", "coherence"))
    settings = RoundSettings("r", "single", "pass_fail", repeats=0.0)
    asked = bench.reviews.create_round(
        bench.reviews.from_evaluation(done.id, settings, ["c1", "c2"]), ME
    )
    _invite, token = bench.reviews.invite(asked.id, ME)
    somebody = bench.reviews.join(token, "Ren")
    for number in range(40):
        handed = bench.reviews.next_item(asked.id, somebody)
        assert not isinstance(handed, Nothing)
        good = Judgement(value=int(number % 3 > 0), reasons=("tone",))
        bench.reviews.verdict(asked.id, handed.lease_id, good, somebody)
    at = open_page(PAGE, round=asked.id, view="judges")
    assert not at.exception and not at.error
    figures = at.dataframe[0].value
    assert "Coherence" in set(figures["Metric"])
    assert set(figures["Labels"]) == {40}
    at = open_page(PAGE, round=asked.id, view="judges")
    column = next(one for one in at.selectbox if one.key == "review.judges.column")
    column.set_value("language").run()
    assert not at.exception and not at.error
    assert {"en", "ja"} <= set(at.dataframe[0].value["Slice"])
    assert "What people would say of all cases" in texts(at)


@pytest.mark.parametrize("kind", ["pair", "single"])
def test_a_round_is_made_from_an_evaluation(open_page: Open, bench: Workbench, kind: str) -> None:
    run(bench, with_metrics(draft(bench, cases_of(8)), "label_accuracy"))
    at = open_page(PAGE, view="new")
    at.segmented_control(key="review.new.kind").set_value(kind).run()
    at.button(key="review.create").click().run()
    assert not at.exception and not at.error
    (line,) = bench.reviews.rounds(ME)
    assert line.round.settings.kind == kind
    handed = bench.reviews.next_item(line.round.id, ME)
    assert not isinstance(handed, Nothing)
    assert set(handed.fields) == {"ticket"}


def test_a_round_is_made_from_the_newest_runs(open_page: Open, bench: Workbench) -> None:
    run(bench, with_metrics(draft(bench, cases_of(8)), "label_accuracy"))
    at = open_page(PAGE, view="new")
    at.segmented_control(key="review.new.origin").set_value("history").run()
    at.button(key="review.create").click().run()
    assert not at.exception and not at.error
    (line,) = bench.reviews.rounds(ME)
    assert (line.round.source.kind, line.round.settings.kind) == ("history", "single")


def test_who_reviews_waits_for_the_results(open_page: Open, bench: Workbench) -> None:
    asked = made(bench)
    at = press(open_page(PAGE, round=asked.id, view="judge"), "review.choice.left.")
    assert not at.exception and not at.error
    at = open_page(PAGE, round=asked.id, view="results")
    assert "once it is closed" in texts(at)


def test_a_round_is_closed_deleted_and_brought_back(open_page: Open, bench: Workbench) -> None:
    asked = made(bench)
    at = open_page(PAGE, round=asked.id)
    at.button(key="review.close").click().run()
    assert not bench.reviews.round(asked.id, ME).open
    at.button(key="review.delete").click().run()
    assert not bench.reviews.rounds(ME)
    at.button(key="review.restore").click().run()
    assert not at.exception and not at.error
    assert bench.reviews.round(asked.id, ME).state == "closed"
