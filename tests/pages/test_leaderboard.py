"""The leaderboard page against a real store, without a browser."""

from __future__ import annotations

import pytest

from core.records.metrics import MetricSpec
from core.workbench import Workbench
from tests.core.evaluation.boards import JUDGE, Scene, passes
from tests.core.evaluation.boards_sample import sample
from tests.pages.conftest import Open

PAGE = "improve/leaderboard"


def test_an_empty_leaderboard_says_what_will_be_here(open_page: Open) -> None:
    at = open_page(PAGE)
    assert not at.exception
    assert any("Nothing was evaluated yet" in one.value for one in at.markdown)


def test_one_sentence_one_table(open_page: Open, bench: Workbench) -> None:
    scene = Scene(bench.store)
    old = scene.saved("old", "old", label="production")
    new = scene.saved("new", "new")
    scene.score(
        scene.evaluation([old, new]),
        {"old": passes((0.0, 31), (1.0, 19)), "new": passes((1.0, 31), (0.0, 9), (1.0, 10))},
    )
    at = open_page(PAGE)
    assert not at.exception
    (said,) = at.success
    assert "new v1 is better than old v1 in 31 of 50 cases, worse in 9" in said.value
    table = at.dataframe[0].value
    assert list(table["place"]) == [1, 2]
    assert list(table["candidate"]) == ["new v1", "★ old v1"]
    assert list(table["interval"]) == ["69–90 %", "26–52 %"]
    assert list(table["against"]) == ["▲ +44 (+20 … +63)", "baseline"]


@pytest.mark.parametrize("metric", ["scores.exact_match", "scores.coherence",
                                    "battles.pairwise_text_quality"])  # fmt: skip
def test_every_kind_of_metric_has_a_board(open_page: Open, bench: Workbench, metric: str) -> None:
    sample(bench.store, cases=40)
    at = open_page(PAGE, metric=metric)
    assert not at.exception
    assert len(at.dataframe[0].value) == 6
    assert at.selectbox(key="leaderboard.metric").value == metric


def test_the_baseline_is_chosen_in_the_address(open_page: Open, bench: Workbench) -> None:
    sample(bench.store, cases=40)
    at = open_page(PAGE, metric="scores.exact_match")
    field = at.selectbox(key="leaderboard.with")
    keys = [one for one in field.options if "長い指示" in one]
    field.select(keys[0]).run()
    assert not at.exception
    table = at.dataframe[0].value
    assert list(table.loc[table["against"] == "baseline", "candidate"]) == ["長い指示 v1"]
    assert set(table["against"]) == {"baseline", "! incomplete"}


def test_only_cases_with_a_value_count(open_page: Open, bench: Workbench) -> None:
    sample(bench.store, cases=41)
    at = open_page(PAGE, metric="scores.exact_match")
    at.selectbox(key="leaderboard.column").set_value("lang").run()
    assert at.dataframe  # no value is given yet
    at.text_input(key="leaderboard.value").set_value("ja").run()
    assert not at.exception
    assert at.query_params["value"] in ("ja", ["ja"])
    # Every second case is in Japanese.
    assert any(one.value.startswith("20 cases") for one in at.caption)
    at.text_input(key="leaderboard.value").set_value("'; --").run()
    assert "There is no score of these cases" in at.info[0].value


def test_cases_may_belong_together_by_a_column(open_page: Open, bench: Workbench) -> None:
    sample(bench.store, cases=40)
    at = open_page(PAGE, metric="scores.exact_match")
    plain = list(at.dataframe[0].value["interval"])
    at.selectbox(key="leaderboard.cluster").set_value("lang").run()
    assert not at.exception
    assert at.query_params["cluster"] in ("lang", ["lang"])
    assert any("Cases with the same lang belong together" in one.value for one in at.caption)
    assert list(at.dataframe[0].value["interval"]) != plain
    strange = open_page(PAGE, metric="scores.exact_match", cluster="nobody")
    assert list(strange.dataframe[0].value["interval"]) == plain


def test_too_many_errors_are_told(open_page: Open, bench: Workbench) -> None:
    sample(bench.store, cases=40)
    table = open_page(PAGE, metric="scores.exact_match").dataframe[0].value
    row = table[table["candidate"] == "長い指示 v1"].iloc[0]
    assert row["errors"] == 5 and "incomplete" in row["warning"]
    assert row["place"] != row["place"]  # no place is no number


@pytest.mark.parametrize(
    "query",
    [{"data": "nobody"}, {"metric": "x"}, {"slice": "split.test"}, {"with": "nobody"},
     {"data": "<b>", "metric": "scores.", "slice": "slice.", "with": "'"},
     {"column": "nobody", "value": "x"}, {"column": "lang"}],
    ids=str,
)  # fmt: skip
def test_a_strange_address_never_breaks_the_page(
    open_page: Open, bench: Workbench, query: dict[str, str]
) -> None:
    sample(bench.store, cases=20)
    at = open_page(PAGE, **query)
    assert not at.exception
    assert at.dataframe


def test_scores_of_another_judge_stand_apart(open_page: Open, bench: Workbench) -> None:
    scene = Scene(bench.store)
    one = scene.saved("one", "one")
    metric = MetricSpec("coherence", {"judge": JUDGE})
    for served, value in (("sandbox-pro-2", 5.0), ("sandbox-pro-3", 2.0)):
        scene.score(scene.evaluation([one], metric), {"one": passes((value, 50))}, judge=JUDGE,
                    served=served)  # fmt: skip
    at = open_page(PAGE)
    assert not at.exception
    assert [list(one.value["value"]) for one in at.dataframe] == [[2.0], [5.0]]
    assert any("Scored otherwise" in one.value for one in at.subheader)
