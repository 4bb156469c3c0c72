"""Datasets in a browser: a Japanese file from Excel becomes a dataset with a profile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.samples import FILLED
from core.store import Store
from tests.browser.driving import click, download, ran
from tests.browser.running import go, running_app, settled

FILE = "番号,問い合わせ,ラベル\n" + "".join(
    f"{n},{text} {n},{label}\n"
    for n, (text, label) in enumerate(
        [("ログインできません", "緊急"), ("設定を教えてください", "中"), ("=ありがとう", "低")] * 8, 1
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over an empty workspace."""
    database = tmp_path_factory.mktemp("datasets") / "w.duckdb"
    store = Store.open(database)
    store.settings.put(FILLED, True)
    store.close()
    with running_app(database) as address:
        yield address


def test_a_cp932_file_is_uploaded_mapped_and_profiled(app: str, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "問い合わせ.csv"
    file.write_bytes(FILE.encode("cp932"))
    go(page, f"{app}/datasets")
    expect(page.get_by_text("No dataset yet.").first).to_be_visible()
    click(page, "datasets-new")
    upload = page.locator("input[type=file]")
    expect(upload).to_be_attached(timeout=15_000)
    upload.set_input_files(file)
    for name, value in (
        ("Encoding", "CP932 (Shift_JIS)"),
        ("The id of each row", "番号"),
        ("ラベル", "reference: the expected answer"),
    ):
        box = page.get_by_role("combobox", name=name, exact=True)
        expect(box).to_have_value(value, timeout=15_000)
    expect(page.get_by_text("Nothing looks like an e-mail address").first).to_be_visible(
        timeout=15_000
    )
    # Until the table is drawn, what stands below it moves.
    expect(page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
    settled(page)
    click(page, "datasets-import")
    expect(page).to_have_url(re.compile("version="), timeout=20_000)
    expect(page.get_by_text("24 rows. Choose one").first).to_be_visible(timeout=15_000)

    page.get_by_test_id("stButtonGroup").get_by_role("radio", name="Profile").click(delay=50)
    expect(page).to_have_url(re.compile("view=profile"), timeout=15_000)
    # Lengths, languages, labels and repeats.
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(4, timeout=20_000)
    expect(page.get_by_text("Language by script: Japanese 100%").first).to_be_visible()

    page.get_by_test_id("stButtonGroup").get_by_role("radio", name="Use and manage").click(delay=50)
    button = page.locator("[class*='st-key-datasets-export-csv'] button").first
    expect(button).to_be_visible(timeout=15_000)
    settled(page)
    assert "'=ありがとう 3" in download(page, button).decode("utf-8-sig")
    page.reload()
    expect(button).to_be_visible(timeout=15_000)

    page.get_by_label("Type the name").fill("問い合わせ")
    page.get_by_label("Type the name").press("Enter")
    ran(page)
    click(page, "datasets-delete")
    expect(page.get_by_text("No dataset yet.").first).to_be_visible(timeout=15_000)


@pytest.mark.parametrize("locale", ["ja-JP"])
def test_the_empty_page_teaches_in_japanese(app: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    go(page, f"{app}/datasets")
    expect(page.get_by_text("データセットはまだありません。").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
