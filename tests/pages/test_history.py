"""The history page against a real store, without a browser."""

from __future__ import annotations

import pytest

from core.records.prompts import Part, Turn
from core.records.runs import CallContext, Reply, Request
from core.workbench import Workbench
from tests.pages.conftest import Open

PAGE = "studio/history"


def run_of(bench: Workbench, text: str, answer: str = "yes") -> str:
    """A finished run in the store."""
    run_id = bench.store.new_id()
    request = Request("sandbox", "sandbox-flash-2", (Turn("user", (Part(text),)),))
    bench.store.ledger.reserve_and_send(run_id, 1, request, CallContext("tester"), 0.0).result()
    bench.store.ledger.settle_run(run_id, 1, Reply("ok", answer), 0.001).result()
    return run_id


def test_an_empty_history_says_what_will_be_here(open_page: Open) -> None:
    at = open_page(PAGE)
    assert not at.exception
    assert any("Nothing was run yet" in one.value for one in at.markdown)


def test_no_match_is_told_apart_from_no_runs(open_page: Open, bench: Workbench) -> None:
    run_of(bench, "hello")
    at = open_page(PAGE, q="こんにちは")
    assert any("No run fits" in one.value for one in at.markdown)


def test_a_run_opens_by_its_address(open_page: Open, bench: Workbench) -> None:
    run_id = run_of(bench, "質問です", "答えです")
    at = open_page(PAGE, run=run_id)
    assert not at.exception
    assert any("質問です" in one.value for one in at.code)
    assert any("答えです" in one.value for one in at.code)


@pytest.mark.parametrize(
    "query",
    [
        {"run": "nobody"},
        {"run": "019ab000-0000-7000-8000-000000000000"},
        {"prompt": "nobody", "view": "timeline"},
        {"version": "nobody"},
        {"with": "nobody", "run": "nobody"},
        {"before": "nobody", "from": "soon", "to": "2026-13-40", "mincost": "-1", "maxcost": "nan"},
        {"outcome": "great", "starred": "maybe", "deleted": "x", "view": "x"},
        {"q": "%_'\"\\"},
    ],
    ids=str,
)
def test_a_strange_address_never_breaks_the_page(
    open_page: Open, bench: Workbench, query: dict[str, str]
) -> None:
    run_of(bench, "hello")
    at = open_page(PAGE, **query)
    assert not at.exception
    assert at.title[0].value == "History"


def test_deleting_can_be_undone(open_page: Open, bench: Workbench) -> None:
    run_id = run_of(bench, "hello")
    at = open_page(PAGE, run=run_id)
    at.button(key="detail.delete").click().run()
    assert bench.history.get(run_id).deleted
    at.button(key="history.undo").click().run()
    assert not bench.history.get(run_id).deleted
    assert not at.exception


def test_a_star_stays(open_page: Open, bench: Workbench) -> None:
    run_id = run_of(bench, "hello")
    open_page(PAGE, run=run_id).button(key="detail.star").click().run()
    assert bench.history.get(run_id).starred
