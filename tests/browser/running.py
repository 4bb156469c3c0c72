"""Starts the app and a browser, as `make run` and a person would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect
from playwright.sync_api import Error as PlaywrightError

from tests.peers.aimock import free_port, wait_for
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
CONNECTION_VARIABLES = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_ENTERPRISE",
                        "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GEMINI_BASE_URL",
                        "WORKBENCH_SANDBOX_URL")  # fmt: skip


@contextmanager
def running_app(
    database: Path, environ: Mapping[str, str] | None = None, folder: Path = ROOT
) -> Iterator[str]:
    """The address of the app over a database of its own; `folder` has the sources."""
    port = int((environ or {}).get("PORT", 0)) or free_port()
    clean = {k: v for k, v in os.environ.items() if k not in CONNECTION_VARIABLES}
    process = subprocess.Popen(
        [sys.executable, "server.py"],
        cwd=folder,
        env={**clean, "PORT": str(port), "WORKBENCH_DB": str(database), **(environ or {})},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(address)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running_sandbox(*options: str) -> Iterator[str]:
    """The address of a sandbox server of its own."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "core.sandbox", "--port", str(port), *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_until_healthy(address: str, seconds: float = 60.0) -> None:
    """Return once the app answers."""

    def answers() -> bool:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
        except OSError:
            return False
        return True

    until(answers, seconds)


def launch(playwright: Playwright) -> Browser:
    """An installed Chromium, else Playwright's own."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    return playwright.chromium.launch(executable_path=found, args=list(FLAGS))


def pages_shown(browser: Browser) -> list[tuple[str, str]]:
    """A heading and the visible text of every open page; a page that does not answer says so."""
    found = []
    for page in (page for context in browser.contexts for page in context.pages):
        try:
            text = page.locator("body").inner_text(timeout=2_000)
        except PlaywrightError as error:
            text = str(error)
        found.append((f"page {page.url}", text[:4_000]))
    return found


def settled(page: Page) -> None:
    """Wait until the page's script has ended and nothing was shown as a crash."""
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=30_000)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def go(page: Page, address: str) -> None:
    """Open an address and wait for its page."""
    page.goto(address)
    expect(page.locator("h1").first).to_be_visible(timeout=30_000)
    settled(page)
