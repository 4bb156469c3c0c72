"""A Chromium that notes when things become visible (`observer.js`)."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

OBSERVER = (Path(__file__).parent / "observer.js").read_text("utf-8")
NAMES = ("chromium", "chromium-browser", "google-chrome")
VIEWPORT: ViewportSize = {"width": 1400, "height": 1000}


@contextmanager
def chromium() -> Iterator[Browser]:
    """An installed Chromium (CHROMIUM names another), else Playwright's own."""
    wanted = (os.environ.get("CHROMIUM"), *NAMES)
    found = next((path for name in wanted if name and (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        # Root in a container has no sandbox; /dev/shm may be too small there.
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@contextmanager
def fresh_page(browser: Browser, streams: int = 0) -> Iterator[Page]:
    """A page in a profile that has never been here; it watches for chunks of so many streams."""
    context = browser.new_context(viewport=VIEWPORT, locale="en-US")
    context.add_init_script(OBSERVER)
    context.add_init_script(f"window.__bench.streams = {streams}")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def wait_for_note(page: Page, name: str, timeout_s: float = 30) -> float:
    """Wait until the observer has noted a time under `name`; seconds since the epoch, our clock."""
    # A function: an expression would be evaluated in the page, which the app's CSP forbids.
    page.wait_for_function(
        "(name) => window.__bench[name] !== null", arg=name, timeout=timeout_s * 1000
    )
    milliseconds: float = page.evaluate("(name) => window.__bench[name]", name)
    return milliseconds / 1000 + clock_offset(page)


def clock_offset(page: Page, tries: int = 5) -> float:
    """Seconds to add to the page's clock to get ours, from the quickest of some questions."""
    best = (float("inf"), 0.0)
    for _ in range(tries):
        asked = time.time()
        there: float = page.evaluate("window.__bench.now()") / 1000
        answered = time.time()
        best = min(best, (answered - asked, (asked + answered) / 2 - there))
    return best[1]
