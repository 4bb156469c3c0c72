"""Takes the pictures of the README: every page, light and dark, desktop and phone.

`make pictures` runs it over a fresh sample workspace.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.driving import click, ran
from tests.browser.running import go, launch, running_app, settled

SIZES = {"desktop": (1360, 920), "phone": (390, 844)}
TALLER = {"prompt": 460}
"""Further down on the desktop are the answers."""
COLOURS = 96
"""A picture of a page needs no more, and the file is a quarter of the size."""


def main(folder: Path) -> None:
    """Write `<page>-<size>-<scheme>.png` and the Japanese ones into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        running_app(Path(place) / "w.duckdb", {"WORKBENCH_PERSON": "mika"}) as app,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        addresses = prepared(browser, app)
        for size in SIZES:
            for scheme in ("light", "dark"):
                for name, address in addresses.items():
                    take(browser, address, folder / f"{name}-{size}-{scheme}.png", size, scheme)
        for name in ("prompt", "history", "compare"):
            take(browser, addresses[name], folder / f"{name}-ja.png", "desktop", "light", "ja-JP")
        browser.close()


def prepared(browser: Browser, app: str) -> dict[str, str]:
    """The addresses of what is shown: the sample prompt, answered twice, one of its runs, the example."""
    page = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 1600}).new_page()
    go(page, app)
    page.get_by_role("link", name="問い合わせの優先度判定").first.click()
    expect(page.locator(".st-key-prompt-run")).to_be_visible(timeout=20_000)
    settled(page)
    page.locator("[class*='-sets'] button").nth(1).click(delay=50)
    ran(page)
    click(page, "prompt-run")
    expect(page.get_by_role("tab", name="Raw")).to_have_count(2, timeout=30_000)
    settled(page)
    prompt = page.url
    go(page, f"{app}/history")
    page.locator("[class*='st-key-history-open'] button").first.click(delay=50)
    expect(page.locator(".st-key-detail-edit")).to_be_visible(timeout=20_000)
    settled(page)
    history = page.url
    return {
        "home": app,
        "prompt": prompt,
        "history": history,
        "compare": compared(page, app),
        "settings": f"{app}/settings",
    }


def compared(page: Page, app: str) -> str:
    """The address of the example comparison, answered."""
    go(page, app)
    click(page, "home-compare-example")
    expect(page.locator(".wb-row")).to_have_count(10, timeout=60_000)
    settled(page)
    return page.url


def take(
    browser: Browser, address: str, file: Path, size: str, scheme: str, locale: str = "en-US"
) -> None:
    """One picture."""
    width, height = SIZES[size]
    if size == "desktop":
        height += TALLER.get(file.name.partition("-")[0], 0)
    context = browser.new_context(
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
        timezone_id="Asia/Tokyo",
    )
    page = context.new_page()
    go(page, address)
    # Widgets come in pieces; a grey box is one that has not come yet.
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=30_000)
    page.wait_for_timeout(600)  # fonts and transitions
    save(page, file)
    context.close()


def save(page: Page, file: Path) -> None:
    """The visible part, with few colours."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
