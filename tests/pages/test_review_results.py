"""What a round found, on the review page, and what is made of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from core.records.review import Judgement, Nothing, ReviewRound, RoundSettings
from core.workbench import Workbench
from tests.core.evaluation.evaluating import (
    FLASH,
    cases_of,
    draft,
    run,
    spec_of,
    with_metrics,
)
from tests.pages.conftest import Open
from tests.pages.reviewing import (
    ME,
    PAGE,
    PAIR,
    SECRETS,
    judge_all,
    made,
    press,
    texts,
)
from tests.workspace import made_once


@made_once
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


def test_a_round_past_its_day_is_overdue(open_page: Open, bench: Workbench) -> None:
    ago = datetime.now(UTC) - timedelta(days=1)
    asked = made(bench, replace(PAIR, due_at=ago))
    assert "overdue" in texts(open_page(PAGE))
    assert "overdue" in texts(open_page(PAGE, round=asked.id))
    bench.reviews.close(asked.id, ME)
    assert "overdue" not in texts(open_page(PAGE))


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
    said = texts(at).replace("\\", "")
    assert re.search(rf"Mio says so \(left was ({'|'.join(SECRETS)})\)", said)
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


def test_corrected_answers_are_added_to_any_dataset(
    open_page: Open, bench: Workbench, judged: ReviewRound
) -> None:
    at = open_page(PAGE, round=judged.id, view="feedback")
    at.session_state["datasets.from.review"] = True
    at.run()
    at.selectbox(key="datasets.from.review.which").set_value("").run()
    at.text_input(key="datasets.from.review.name").set_value("hard ones").run()
    at.button(key="datasets.from.review.add").click().run()
    assert not at.exception and not at.error
    made = bench.datasets.find("hard ones")
    cases = bench.datasets.cases(made.id)
    assert cases and made.source == "review"
    assert {case.fields["reference"] for case in cases} == {"We are very sorry."}
    assert all(set(case.fields) > {"reference"} for case in cases)


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
    # What was said of the case that the verdict will rest on is no wish.
    assert len([one for one in at.caption if "is left out" in one.value]) == 1
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
