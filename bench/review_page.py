"""The reviewer's page under load: from the key of a verdict to the next item on the screen.

    python -m bench.review_page [--json FILE] [--quick]

One real Chromium presses keys while 20 reviewers judge at the pace of people, each in a session
on Streamlit's own protobufs; all of them in one round, by invite links.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import ClientSession, TCPConnector
from playwright.sync_api import Page

from bench import screens
from bench.browser import chromium, fresh_page
from bench.processes import NOWHERE, Served, workbench
from bench.report import Report, Row, arguments, median, percentile, publish
from bench.session_client import Session
from core.access import local_person
from core.config import Settings
from core.records.datasets import Case
from core.records.review import RoundSettings
from core.workbench import Workbench

SESSIONS = 20
EVERY_S = 2.0
ITEMS = 4_000
MEDIAN_MS, P95_MS = 250.0, 500.0
CHOICE = "review.choice.left."
# Notes the time of the key and of the next item: another text on the left side, painted.
WATCH = """
() => {
  window.__verdict = { pressed: 0, times: [] }
  let host = null
  const shown = () => {
    if (!host || !host.isConnected) {
      host = [...document.querySelectorAll('*')].find(
        (one) => one.shadowRoot && one.shadowRoot.querySelector('.side'))
    }
    const side = host && host.shadowRoot.querySelector('.side')
    return side ? side.textContent : ''
  }
  window.addEventListener('keydown', (event) => {
    if (event.key !== '1') return
    const before = shown()
    const pressed = performance.now()
    const look = () => {
      const now = shown()
      if (now && now !== before) window.__verdict.times.push(performance.now() - pressed)
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  }, true)
}
"""


def filled(directory: Path) -> list[str]:
    """A round of pairs in the database; the addresses of its reviewers."""
    environ = {"WORKBENCH_DB": str(directory / "workbench.duckdb"), "WORKBENCH_SANDBOX": "off"}
    bench = Workbench.open(Settings.from_environment({**os.environ, **environ}))
    try:
        me = local_person(bench.settings.person)
        rows = [
            Case(f"c{n}", {"prompt": f"質問 {n}", "old": text(n, "です"), "new": text(n, "でした")})
            for n in range(ITEMS)
        ]
        version = bench.datasets.create("bench", rows, actor=me.name, source="bench")
        settings = RoundSettings("Bench", "pair", reviewers=3, repeats=0.0)
        asked = bench.reviews.create_round(
            bench.reviews.from_dataset(version.id, settings, ["old", "new"]), me
        )
        _invite, token = bench.reviews.invite(asked.id, me)
        return [f"round={asked.id}&invite={token}&as=reviewer{n}" for n in range(SESSIONS + 1)]
    finally:
        bench.close()


def text(number: int, end: str) -> str:
    """An answer of some 300 characters."""
    line = f"ご確認のうえ、{number % 7 + 1} 日以内にお返事ください。"
    return f"{number} 番の返事{end}。" + line * 12


async def reviewer(url: str, query: str, stop: threading.Event, times: list[float]) -> None:
    """Judge every two seconds until told to stop."""
    async with ClientSession(connector=TCPConnector(limit=0)) as http:
        session = await Session.open(http, url, "review", query=query)
        await asyncio.sleep(hash(query) % 1000 / 1000 * EVERY_S)
        while not stop.is_set():
            key = [name for name in session.widgets if name.startswith(CHOICE)][-1]
            times.append(await session.set(key, trigger_value=True))
            await asyncio.sleep(EVERY_S)
        await session.socket.close()


@contextmanager
def others(url: str, queries: list[str]) -> Iterator[list[float]]:
    """The other reviewers at work, in a thread of their own; the seconds of their reruns."""
    stop, times = threading.Event(), list[float]()

    async def all_of_them() -> None:
        await asyncio.gather(*(reviewer(url, query, stop, times) for query in queries))

    thread = threading.Thread(target=lambda: asyncio.run(all_of_them()))
    thread.start()
    try:
        yield times
    finally:
        stop.set()
        thread.join()


def judged(page: Page, url: str, query: str, verdicts: int) -> list[float]:
    """Milliseconds from key to next item, one after the other."""
    page.goto(f"{url}/review?{query}")
    page.locator(".st-key-review-choices button").first.wait_for()
    page.evaluate(WATCH)
    for number in range(verdicts):
        page.wait_for_timeout(700)
        page.keyboard.press("1")
        page.wait_for_function(
            "(count) => window.__verdict.times.length > count", arg=number, timeout=15_000
        )
    times: list[float] = page.evaluate("() => window.__verdict.times")
    return times


def measure(app: Served, queries: list[str], verdicts: int) -> list[Row]:
    """Alone first, then among twenty."""
    rows = []
    with chromium() as browser:
        with fresh_page(browser) as page:
            alone = judged(page, app.url, queries[0], verdicts // 2)
        rows.append(Row("key to next item, alone: median", median(alone)))
        with others(app.url, queries[1:]) as times:
            time.sleep(2 * EVERY_S)
            with fresh_page(browser) as page:
                among = judged(page, app.url, queries[0], verdicts)
    note = f"{len(among)} verdicts; {len(times)} by the others meanwhile"
    rows += [
        Row.at_most(f"key to next item, {SESSIONS} others: median", median(among), MEDIAN_MS,
                    note=note),
        Row.at_most(f"key to next item, {SESSIONS} others: p95", percentile(among, 0.95), P95_MS),
        Row(f"rerun of a session, {SESSIONS} others: p95", 1000 * percentile(times, 0.95)),
    ]  # fmt: skip
    return rows


def main() -> int:
    """Measure and print."""
    options = arguments(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory() as name:
        queries = filled(Path(name))
        with workbench(Path(name), NOWHERE) as app:
            screens.wait_until_warm(app.url)
            rows = measure(app, queries, 20 if options.quick else 60)
    return publish(Report("review page", "python -m bench review_page", rows), options.json)


if __name__ == "__main__":
    sys.exit(main())
