"""The review page against a real store, without a browser: making a round, and judging in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core.access import local_person
from core.records.datasets import Case
from core.records.review import Judgement, Nothing, ReviewRound, RoundSettings, RubricLine
from core.records.runs import RunFilter
from core.workbench import Workbench
from pages.ui import review_judge
from tests.core.evaluation.evaluating import (
    FLASH,
    cases_of,
    draft,
    run,
    spec_of,
    with_metrics,
)
from tests.pages.conftest import Open
from tests.pages.test_compare import answered

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


def dataset(bench: Workbench, count: int = 6, name: str = "replies") -> str:
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
    return bench.datasets.create(name, rows, actor="ada", source="test").id


def made(bench: Workbench, settings: RoundSettings = PAIR, count: int = 6) -> ReviewRound:
    """A round over both columns, or over the first."""
    columns = SECRETS if settings.kind == "pair" else SECRETS[:1]
    version_id = dataset(bench, count, settings.title)
    draft = bench.reviews.from_dataset(version_id, settings, columns)
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


def test_reasons_become_lines_of_a_new_rubric_and_of_its_next_version(
    open_page: Open, bench: Workbench, judged: ReviewRound
) -> None:
    at = open_page(PAGE, round=judged.id, view="feedback")
    assert "Give the new rubric a name." in texts(at)
    at.text_input(key="review.rubric.name").set_value("kindness").run()
    assert "Tone: Its tone suits the reader" in at.text_area(
        key="review.rubric.lines..en.tone").value  # fmt: skip
    at.button(key="review.rubric.save").click().run()
    assert not at.exception and not at.error
    (criterion,) = bench.rubrics.get("kindness").in_language("en").criteria
    assert criterion.name == "Tone"
    # A custom rubric is offered first, and gets the lines as its next version.
    at = open_page(PAGE, round=judged.id, view="feedback")
    assert at.selectbox(key="review.rubric.target").value == "kindness"
    field = at.text_area(key="review.rubric.lines.kindness.en.tone")
    field.set_value("Speed: It says when things happen.").run()
    at.button(key="review.rubric.save").click().run()
    assert not at.exception and not at.error
    newest = bench.rubrics.get("kindness")
    assert newest.version == 2
    assert [one.name for one in newest.in_language("en").criteria] == ["Tone", "Speed"]


def test_a_shipped_rubric_gets_the_lines_in_both_languages(
    open_page: Open, bench: Workbench, judged: ReviewRound
) -> None:
    at = open_page(PAGE, round=judged.id, view="feedback")
    at.selectbox(key="review.rubric.target").set_value("pairwise_text_quality").run()
    at.button(key="review.rubric.save").click().run()
    assert not at.exception and not at.error
    newest = bench.rubrics.get("pairwise_text_quality")
    assert newest.version == 2
    assert newest.in_language("en").criteria[-1].name == "Tone"
    assert newest.in_language("ja").criteria[-1].name != "Tone"


def test_a_line_without_a_name_keeps_nothing(
    open_page: Open, bench: Workbench, judged: ReviewRound
) -> None:
    at = open_page(PAGE, round=judged.id, view="feedback")
    at.text_input(key="review.rubric.name").set_value("kindness").run()
    at.text_area(key="review.rubric.lines..en.tone").set_value("no colon here").run()
    assert "no colon" in texts(at)
    assert "review.rubric.save" not in [one.key for one in at.button]


def test_comments_are_the_optimizers_wishes(
    open_page: Open, bench: Workbench, judged: ReviewRound
) -> None:
    version = bench.authoring.save_new(
        "reply", spec_of("Answer: {prompt}", model=FLASH), actor="tester"
    ).version
    at = open_page(PAGE, round=judged.id, view="feedback")
    link = next(one for one in at.get("page_link") if "feedback" in one.proto.label)
    query = parse_qs(link.proto.query_string)
    at = open_page("improve/optimize", prompt=version.prompt_id,
                   **{name: told[0] for name, told in query.items()})  # fmt: skip
    assert not at.exception and not at.error
    wishes = next(one for one in at.text_area if str(one.key).endswith(".wishes"))
    assert wishes.value.splitlines() == ["Tone: Ren says so", "Tone: Mio says so"]
    at = open_page("improve/optimize", view="new", review=judged.id, reasons="length")
    assert next(one for one in at.text_area if str(one.key).endswith(".wishes")).value == ""


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
    # Once the round is closed the leaderboard has the same figures under the same metric.
    bench.reviews.close(asked.id, ME)
    at = open_page("improve/leaderboard", metric="scores.coherence")
    at.session_state["leaderboard.people"] = True
    at.run()
    assert not at.exception and not at.error
    figures = at.dataframe[-1].value
    assert set(figures["With the scores of"]) == {"Coherence"}
    assert sum(figures["Labels"]) == 40
    assert len(figures) == 2


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


def test_the_way_from_the_history_keeps_its_filters(open_page: Open, bench: Workbench) -> None:
    done = run(bench, with_metrics(draft(bench, cases_of(6)), "label_accuracy"))
    model = bench.store.runs.models()[0][1]
    at = open_page("studio/history", model=model, q="ticket")
    link = next(one for one in at.get("page_link") if one.proto.label == "Ask reviewers")
    query = {name: told[0] for name, told in parse_qs(link.proto.query_string).items()}
    assert query == {"view": "new", "origin": "history", "model": model, "q": "ticket"}
    fitting = bench.history.count(RunFilter(model=model, outcome="ok"))
    assert 0 < fitting < len(done.candidates) * 6
    at = open_page(PAGE, view="new", origin="history", model=model)
    at.number_input(key="review.new.most").set_value(0)
    at.button(key="review.create").click().run()
    assert not at.exception and not at.error
    (line,) = bench.reviews.rounds(ME)
    assert line.round.items == fitting


@pytest.mark.parametrize("kind", ["pair", "single"])
def test_a_comparison_is_sent_to_reviewers(open_page: Open, bench: Workbench, kind: str) -> None:
    compared = answered(bench)
    at = open_page("studio/compare", comparison=compared.id)
    link = next(one for one in at.get("page_link") if one.proto.label == "Ask reviewers")
    query = {name: told[0] for name, told in parse_qs(link.proto.query_string).items()}
    at = open_page(PAGE, **query)
    at.segmented_control(key="review.new.kind").set_value(kind).run()
    # The title that reviewers see names no column.
    assert "Column" not in next(one.value for one in at.text_input if one.label == "Title")
    at.button(key="review.create").click().run()
    assert not at.exception and not at.error
    (line,) = bench.reviews.rounds(ME)
    assert (line.round.source.kind, line.round.source.id) == ("comparison", compared.id)
    assert (line.round.items, line.round.settings.kind) == (3, kind)


def test_a_blind_comparison_stays_blind_in_the_form(open_page: Open, bench: Workbench) -> None:
    compared = answered(bench, blind=True)
    at = open_page("studio/compare", comparison=compared.id)
    assert "Ask reviewers" not in [one.proto.label for one in at.get("page_link")]
    at = open_page(PAGE, view="new", origin="comparison", comparison=compared.id)
    assert not at.exception and not at.error
    assert "being judged blind" in texts(at)
    assert "Column" not in str(at.main)


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
