"""The history in a browser: addresses, comparing, deleting with undo, files."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from core.records.prompts import Part, Turn
from core.records.runs import CallContext, Reply, Request
from core.samples import FILLED
from core.store import Store
from tests.browser.driving import click, download, popover, ran
from tests.browser.running import go, running_app, settled

TEXTS = ("=1+1 を計算して", "画面が真っ白です", "ログインできません")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """The app over 45 runs of two models; their ids, the oldest first."""
    database = tmp_path_factory.mktemp("history") / "w.duckdb"
    store = Store.open(database)
    store.settings.put(FILLED, True)
    ids = []
    for number in range(45):
        run_id = store.new_id()
        model = "sandbox-flash-1" if number % 3 else "sandbox-pro-2"
        text = f"{TEXTS[number % 3]} {number}"
        request = Request("sandbox", model, (Turn("user", (Part(text),)),))
        store.ledger.reserve_and_send(run_id, 1, request, CallContext("mika"), 0.0).result()
        store.ledger.settle_run(run_id, 1, Reply("ok", f"答え {number}"), 0.001).result()
        ids.append(run_id)
    store.close()
    with running_app(database) as address:
        yield address, ids


def lines(page: Page, count: int, first_not: str = "") -> list[str]:
    """What the list shows, from the top, once it shows so many and begins with another line."""
    buttons = page.locator("[class*='st-key-history-open'] button")
    expect(buttons).to_have_count(count, timeout=15_000)
    if first_not:
        expect(buttons.first).not_to_have_text(first_not, timeout=15_000)
    settled(page)
    return buttons.all_inner_texts()


def test_a_filter_is_in_the_address_and_survives_reload_and_back(
    history: tuple[str, list[str]], page: Page
) -> None:
    app, _ids = history
    go(page, f"{app}/history")
    popover(page, "Filters")
    ran(page)
    box = page.get_by_role("combobox", name="Model")
    box.click(delay=50)
    page.get_by_role("option", name="sandbox-pro-2").click(delay=50)
    expect(page).to_have_url(re.compile("model=sandbox-pro-2"), timeout=15_000)
    # Streamlit draws a button that has help twice: for a pointer and for touch.
    chip = page.locator(".st-key-history-chip-model button").first
    expect(chip).to_contain_text("sandbox-pro-2", timeout=15_000)
    kept = lines(page, 15)
    page.reload()
    expect(chip).to_be_visible(timeout=15_000)
    assert lines(page, 15) == kept
    chip.click(delay=50)
    expect(page).not_to_have_url(re.compile("model="), timeout=15_000)
    expect(page.locator("[class*='st-key-history-open'] button")).to_have_count(20, timeout=15_000)
    page.go_back()
    expect(page).to_have_url(re.compile("model="), timeout=15_000)
    expect(chip).to_be_visible(timeout=15_000)


def test_pages_follow_each_other_without_gap(history: tuple[str, list[str]], page: Page) -> None:
    app, ids = history
    go(page, f"{app}/history")
    seen = lines(page, 20)
    for count in (20, 5):
        before = page.url
        click(page, "history-older")
        expect(page).not_to_have_url(before, timeout=15_000)
        # The address changes before the list does.
        seen += lines(page, count, first_not=seen[-20])
    assert len(seen) == len(set(seen)) == len(ids)
    expect(page.locator(".st-key-history-older button")).to_be_disabled()


def test_two_runs_are_compared(history: tuple[str, list[str]], page: Page) -> None:
    app, ids = history
    go(page, f"{app}/history?run={ids[0]}")
    click(page, "detail-compare")
    expect(page).to_have_url(re.compile("with="), timeout=15_000)
    ran(page)
    page.locator("[class*='st-key-history-open'] button").first.click(delay=50)
    compared = page.locator(".st-key-history-compared")
    expect(compared).to_contain_text("ログインできません", timeout=15_000)
    expect(compared).to_contain_text("=1+1")
    expect(compared.locator("del, ins, [data-testid=stIFrame]").first).to_be_attached()


def test_a_deleted_run_comes_back(history: tuple[str, list[str]], page: Page) -> None:
    app, ids = history
    go(page, f"{app}/history?run={ids[20]}")
    click(page, "detail-delete")
    undo = page.locator(".st-key-history-undo button")
    expect(undo).to_be_visible(timeout=15_000)
    settled(page)
    undo.click(delay=50)
    expect(page).to_have_url(re.compile(ids[20]), timeout=15_000)
    expect(page.locator(".st-key-detail-delete").first).to_be_visible(timeout=15_000)


def test_the_filtered_set_is_saved_as_files(history: tuple[str, list[str]], page: Page) -> None:
    app, _ids = history
    go(page, f"{app}/history?q=計算")
    popover(page, "Export")
    ran(page)
    text = download(page, page.locator(".st-key-history-export-csv button"))
    assert text.startswith(b"\xef\xbb\xbf")
    frame = pd.read_csv(io.BytesIO(text), encoding="utf-8-sig", dtype=str)
    assert len(frame) == 15
    cells = frame.to_numpy().ravel()
    assert not [one for one in cells if isinstance(one, str) and one.startswith("=")]
    table = download(page, page.locator(".st-key-history-export-parquet button"))
    assert len(pd.read_parquet(io.BytesIO(table))) == 15
    rows = download(page, page.locator(".st-key-history-export-jsonl button"))
    assert len(rows.decode("utf-8").splitlines()) == 15


def test_a_run_is_found_while_one_types(history: tuple[str, list[str]], page: Page) -> None:
    app, _ids = history
    go(page, f"{app}/history")
    box = page.locator(".st-key-history-filter-q input")
    box.press_sequentially("真っ白です 4", delay=40)
    found = page.locator("[class*='st-key-history-open'] button")
    expect(found).to_have_count(3, timeout=15_000)  # 4, 40 and 43
    assert Path(page.url).name.startswith("history?q=")
