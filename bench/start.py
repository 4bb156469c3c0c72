"""Start and click, as ratios to Streamlit itself, measured alternately.

Start: from starting the process to the heading of the first page being painted in a profile that
has never been there, against an empty page served the same way. Click: from the click to the page
being idle again with its changes painted, against the same widgets, texts and tables without any
logic behind them (`bench.replica`), on an otherwise empty app.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from aiohttp import ClientSession
from playwright.sync_api import Browser, Page

from bench import replica, screens
from bench.browser import chromium, fresh_page, wait_for_note
from bench.processes import NOWHERE, ROOT, Served, served, workbench
from bench.report import Report, Row, arguments, median, publish
from bench.session_client import Session

RATIO = 1.5
PAUSE_MS = 250


@contextmanager
def empty_app(directory: Path) -> Iterator[Served]:
    """An empty page, started the way the app is started."""
    with served(["bench/apps/serve.py", "bench/apps/empty.py"], directory, {}) as server:
        yield server


@contextmanager
def replica_app(directory: Path, page: str) -> Iterator[Served]:
    """The widgets of a page without its logic."""
    environ = {
        "REPLICA": os.pathsep.join(map(str, inventories(directory, page))),
        "REPLICA_PAGES": ",".join(screens.PAGES[1:]),
        "PYTHONPATH": str(ROOT),
        "PRELOAD": "bench.replica altair",
    }
    with served(["bench/apps/serve.py", "bench/apps/replica.py"], directory, environ) as server:
        yield server


def until_usable(browser: Browser, app: AbstractContextManager[Served]) -> float:
    """Seconds from starting the process to the painted heading."""
    with fresh_page(browser) as page, app as server:
        page.goto(server.url, wait_until="commit")
        return wait_for_note(page, "heading") - server.started


def start_rows(browser: Browser, directory: Path, rounds: int) -> list[Row]:
    """First start on a new database, later starts, and the empty page, in turn."""
    times: dict[str, list[float]] = {"empty": [], "first": [], "later": []}
    later = directory / "later"
    later.mkdir()
    for number in range(rounds):
        first = directory / f"first-{number}"
        first.mkdir()
        times["empty"].append(until_usable(browser, empty_app(directory)))
        times["first"].append(until_usable(browser, workbench(first)))
        if number == 0:
            until_usable(browser, workbench(later))  # makes the database
        times["later"].append(until_usable(browser, workbench(later)))
    seconds = {name: median(values) for name, values in times.items()}
    note = f"{rounds} alternating rounds, fresh browser profile"
    return [
        Row("empty page: process start to heading", seconds["empty"], "s", note=note),
        Row("the app, new database: process start to heading", seconds["first"], "s"),
        Row("the app, later starts: process start to heading", seconds["later"], "s"),
        Row.at_most("new database / empty page", seconds["first"] / seconds["empty"], RATIO, ""),
        Row.at_most("later starts / empty page", seconds["later"] / seconds["empty"], RATIO, ""),
    ]


def inventories(directory: Path, page: str) -> list[Path]:
    """Where the two states of a page are kept between which the clicks go."""
    return [directory / f"{page}-{turn}.json" for turn in range(2)]


async def write_inventories(app: Served, directory: Path) -> None:
    """Save what each page sends to a session after each of two clicks."""
    async with ClientSession() as http:
        for click in screens.CLICKS:
            session = await Session.open(http, app.url, click.page)
            for turn, file in enumerate(inventories(directory, click.page)):
                session.known.clear()  # otherwise the server leaves out what it has sent before
                await session.set(click.key(session.widgets, turn), **click.value(turn))
                replica.save(session.deltas, file)
            await session.socket.close()


def click_time(page: Page, click: screens.Click, turn: int) -> float:
    """Milliseconds from the click to the idle, painted page."""
    page.wait_for_timeout(PAUSE_MS)
    page.evaluate("() => window.__bench.arm()")
    click.locate(page, turn).click(delay=30)
    page.wait_for_function("() => window.__bench.idle !== null")
    milliseconds: float = page.evaluate("() => window.__bench.idle - window.__bench.clicked")
    return milliseconds


def click_rows(
    browser: Browser, app: Served, directory: Path, click: screens.Click, rounds: int
) -> list[Row]:
    """One page against its replica, a click here and a click there."""
    with ExitStack() as stack:
        static = stack.enter_context(replica_app(directory, click.page))
        pages = [stack.enter_context(fresh_page(browser)) for _ in range(2)]
        pages[0].goto(f"{app.url}/{click.page}")
        pages[1].goto(static.url)
        for page in pages:
            wait_for_note(page, "heading")
            page.wait_for_timeout(2000)
            click.reveal(page)
            for turn in range(4):
                click_time(page, click, turn)
        times = [[click_time(page, click, turn) for page in pages] for turn in range(rounds)]
    real, plain = (median(column) for column in zip(*times, strict=True))
    kinds = replica.kinds(inventories(directory, click.page)[0])
    name = click.page.capitalize()
    note = f"{click.what}; {kinds.total()} containers and elements of {len(kinds)} kinds"
    return [
        Row(f"{name}: click to painted", real, note=note),
        Row(f"{name}: the same widgets without logic", plain),
        Row.at_most(f"{name}: ratio", real / plain, RATIO, "", f"{rounds} alternating clicks"),
    ]


def main() -> int:
    """Measure and print."""
    options = arguments(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with chromium() as browser:
            rows = start_rows(browser, directory, 2 if options.quick else 7)
        with workbench(directory, NOWHERE) as app:
            screens.wait_until_warm(app.url)
            asyncio.run(write_inventories(app, directory))
            with chromium() as browser:
                for click in screens.CLICKS:
                    rows += click_rows(browser, app, directory, click, 8 if options.quick else 30)
    return publish(Report("start", "python -m bench start", rows), options.json)


if __name__ == "__main__":
    sys.exit(main())
