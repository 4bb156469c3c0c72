from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.running import launch, pages_shown, running_app, running_sandbox
from tests.peers.aimock import AIMOCK, running_aimock

HERE = Path(__file__).resolve().parent
# Pieces of a page come one by one, and the machine may be busy.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test tells what its pages showed: elsewhere nobody can look at the screen."""
    report = yield
    opened = getattr(item, "funcargs", {}).get("browser")
    if report.failed and call.when == "call" and opened is not None:
        report.sections += pages_shown(opened)
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(tmp_path_factory.mktemp("app") / "w.duckdb") as address:
        yield address


@pytest.fixture(scope="session")
def faulty_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over a sandbox that obeys fault marks and answers slowly enough to be watched."""
    database = tmp_path_factory.mktemp("faulty") / "w.duckdb"
    with (
        running_sandbox("--faults", "--chunk-rate", "8") as sandbox,
        running_app(database, {"WORKBENCH_SANDBOX_URL": sandbox}) as address,
    ):
        yield address


@pytest.fixture(scope="session")
def peer_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over a Gemini-protocol server that this project did not write."""
    if not AIMOCK.exists():
        pytest.skip("npm is not installed here")
    database = tmp_path_factory.mktemp("peer") / "w.duckdb"
    with (
        running_aimock() as peer,
        running_app(
            database, {"GEMINI_API_KEY": "local", "GOOGLE_GEMINI_BASE_URL": peer}
        ) as address,
    ):
        yield address


@pytest.fixture
def locale() -> str:
    """The browser's language; a test that works in several parametrises it."""
    return "en-US"


@pytest.fixture
def context(browser: Browser, locale: str) -> Iterator[BrowserContext]:
    opened = browser.new_context(locale=locale, viewport={"width": 1400, "height": 1600})
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
