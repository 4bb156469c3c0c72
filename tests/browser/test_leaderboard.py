"""The leaderboard in a browser: the sentence, the address, the chart and its files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.store import Store
from tests.browser.driving import download, popover, ran
from tests.browser.running import go, running_app
from tests.core.evaluation.boards_sample import sample


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over a workspace with evaluated prompts."""
    database: Path = tmp_path_factory.mktemp("board") / "w.duckdb"
    store = Store.open(database)
    sample(store)
    store.close()
    with running_app(database) as address:
        yield f"{address}/leaderboard"


def test_the_chosen_metric_stays_in_the_address(board: str, page: Page) -> None:
    go(page, board)
    page.get_by_role("combobox", name="Metric").click(delay=50)
    page.get_by_role("option", name="Exact match").click(delay=50)
    expect(page).to_have_url(re.compile(r"metric=scores\.exact_match"), timeout=15_000)
    said = page.get_by_test_id("stAlert").first
    expect(said).to_contain_text("is better than 現行の指示 v1 in 37 of 120", timeout=15_000)
    page.reload()
    expect(said).to_contain_text("is better than 現行の指示 v1 in 37 of 120", timeout=15_000)


@pytest.mark.parametrize("locale", ["ja-JP"])
def test_the_sentence_is_japanese_for_a_japanese_reader(board: str, page: Page) -> None:
    go(page, f"{board}?metric=scores.exact_match")
    expect(page.get_by_test_id("stAlert").first).to_contain_text(
        "偶然とは考えにくい差です", timeout=15_000
    )


def test_the_chart_is_saved_as_a_picture(board: str, page: Page) -> None:
    go(page, board)
    page.get_by_role("radio", name="Quality and cost").or_(
        page.get_by_role("button", name="Quality and cost")
    ).first.click(delay=50)
    ran(page)
    chart = page.locator(".st-key-leaderboard-chart-picture svg.marks").first
    expect(chart).to_contain_text("US dollars per 1,000 calls", timeout=15_000)
    drawn = download(page, page.get_by_role("button", name="SVG", exact=True))
    assert drawn.startswith(b"<svg") and "例を足した指示".encode() in drawn
    assert download(page, page.get_by_role("button", name="PNG", exact=True)).startswith(b"\x89PNG")


def test_the_board_is_saved_as_a_table(board: str, page: Page) -> None:
    go(page, f"{board}?metric=scores.exact_match")
    popover(page, "Export")
    table = download(page, page.locator(".st-key-leaderboard-csv button"))
    assert table.startswith(b"\xef\xbb\xbf") and table.count(b"\r\n") == 7
