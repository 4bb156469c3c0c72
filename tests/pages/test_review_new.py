"""Rounds made on the review page, and the ways to it from where answers are shown."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from core.records.review import Nothing
from core.records.runs import RunFilter
from core.workbench import Workbench
from tests.core.evaluation.evaluating import (
    cases_of,
    draft,
    run,
    with_metrics,
)
from tests.pages.conftest import Open
from tests.pages.reviewing import (
    ME,
    PAGE,
    SECRETS,
    dataset,
    texts,
)
from tests.pages.test_compare import answered


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


def test_the_points_of_a_round_begin_with_a_rubrics_criteria(
    open_page: Open, bench: Workbench
) -> None:
    dataset(bench)
    at = open_page(PAGE, view="new", origin="dataset")
    at.segmented_control(key="review.new.kind").set_value("single").run()
    at.segmented_control(key="review.new.scale").set_value("rubric").run()
    assert at.text_area(key="review.new.rubric.").value == ""
    at.selectbox(key="review.new.rubric.from").set_value("text_quality").run()
    criteria = bench.rubrics.get("text_quality").in_language("en").criteria
    at.button(key="review.create").click().run()
    assert not at.exception and not at.error
    (line,) = bench.reviews.rounds(ME)
    assert [one.text for one in line.round.settings.rubric] == [one.text for one in criteria]


def test_a_blind_comparison_stays_blind_in_the_form(open_page: Open, bench: Workbench) -> None:
    compared = answered(bench, blind=True)
    at = open_page("studio/compare", comparison=compared.id)
    assert "Ask reviewers" not in [one.proto.label for one in at.get("page_link")]
    at = open_page(PAGE, view="new", origin="comparison", comparison=compared.id)
    assert not at.exception and not at.error
    assert "being judged blind" in texts(at)
    assert "Column" not in str(at.main)
