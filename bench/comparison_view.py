"""What a large comparison costs to look at: as data, as a file, and in Chromium.

The grid is measured in the exported file, which has the page's script and style and no server
behind it: whatever happens there happens without a rerun.
"""

from __future__ import annotations

import itertools
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench.browser import chromium, fresh_page
from bench.report import Row, median, percentile
from core.comparison.export_html import export_html
from core.comparison.view_data import View, view_of
from core.records.comparisons import Candidate, Cell, ComparedInput, Comparison
from core.records.prompts import PromptSpec
from core.records.runs import CallContext, Reply, Request, Run, Usage

COLUMNS, ROWS, BYTES = 6, 200, 1_000
OPEN_MS, FILTER_MS = 2_000.0, 300.0
EXPORT_MS, EXPORT_MB = 2_000.0, 3.0
SENTENCES = {
    "ja": (
        "料金は１，０００円です。",
        "返品は2026年{n}月25日までにご連絡ください。",
        "田中様のご注文{n}件を確認しました。",
        "サポートセンターで承ります。",
        "ご不便をおかけして申し訳ございません。",
    ),
    "en": (
        "The fee is ${n}.50 including tax. ",
        "Please return it by Nov {n}, 2026. ",
        "The order of Mr. Tanaka is confirmed. ",
        "Call the Support Centre at any time. ",
        "A refund takes {n} business days. ",
    ),
}

# Notes when the first and when every cell is there, each time before a frame is painted.
WATCHER = f"""
window.wbSeen = {{}}
const look = () => {{
  const cells = document.querySelectorAll('.wb-cell .wb-text').length
  if (cells) window.wbSeen.first ??= performance.now()
  if (cells >= {COLUMNS * ROWS}) window.wbSeen.all ??= performance.now()
  else requestAnimationFrame(look)
}}
requestAnimationFrame(look)
"""
# From the click until the frame after the one in which the change was drawn.
PRESS = """
([selector, value]) => new Promise((resolve) => {
  const one = document.querySelector(selector)
  const started = performance.now()
  if (value === null) one.click()
  else { one.value = value; one.dispatchEvent(new Event('change')) }
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)))
})
"""
# The longest of the frames while the grid is scrolled from top to bottom.
SCROLL = """
() => new Promise((resolve) => {
  const grid = document.querySelector('.wb-scroll')
  const took = []
  let before = performance.now()
  const step = () => {
    const now = performance.now()
    took.push(now - before)
    before = now
    grid.scrollTop += 600
    if (took.length < 60) requestAnimationFrame(step)
    else resolve(took.slice(1))
  }
  requestAnimationFrame(step)
})
"""


def large() -> tuple[Comparison, list[Cell]]:
    """Columns that differ by a sentence or two in most rows, half of them in Japanese."""
    chance = random.Random(7)
    candidates = tuple(
        Candidate(f"c{n}", f"Version {n}", PromptSpec(), f"sandbox:flash-{n}")
        for n in range(COLUMNS)
    )
    inputs = tuple(ComparedInput(f"i{n}", f"Inquiry {n}", {"q": "?"}) for n in range(ROWS))
    now = datetime.now(UTC)
    cells: list[Cell] = []
    for number, row in enumerate(inputs):
        base = answer(chance, "ja" if number % 2 else "en")
        for column in candidates:
            text = base if number % 4 == 3 else varied(base, chance)
            cells.append(Cell(row.key, column.key, 1, "r", run(text, now, chance)))
    made = Comparison("bench", "Large", candidates, inputs, 1, False, 7, now, "bench")
    return made, cells


def answer(chance: random.Random, language: str) -> str:
    """About a kilobyte of UTF-8."""
    text = ""
    while len(text.encode()) < BYTES:
        text += chance.choice(SENTENCES[language]).format(n=chance.randrange(1, 13))
    return text


def varied(text: str, chance: random.Random) -> str:
    """The text with some of its sentences changed."""
    end = "。" if "。" in text else ". "
    pieces = text.split(end)
    for place in range(len(pieces)):
        if chance.random() < 0.2:
            pieces[place] = pieces[place][::-1]
    return end.join(pieces)


def run(text: str, now: datetime, chance: random.Random) -> Run:
    """A run of about 30 recorded chunks."""
    size = max(len(text) // 30, 1)
    times = itertools.accumulate(chance.randrange(20, 90) for _ in range(-(-len(text) // size)))
    chunks = tuple((ms, size) for ms in times)
    reply = Reply("ok", text, "flash", "STOP", usage=Usage(200, 300), first_token_ms=chunks[0][0],
                  total_ms=chunks[-1][0], chunks=chunks)  # fmt: skip
    request = Request("sandbox", "flash", ())
    return Run("0190a5f0-0000-7000-8000-000000000000", now, request, CallContext("bench"), reply,
               cost_usd=0.001)  # fmt: skip


def timed(action: Callable[[], object], rounds: int) -> float:
    """Median milliseconds."""
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        action()
        took.append((time.perf_counter() - started) * 1000)
    return median(took)


def export_rows(rounds: int) -> list[Row]:
    """Making the file, with the facts of every answer read anew, and how large it is."""
    from core.comparison.facts import facts_of

    comparison, cells = large()

    def make() -> str:
        facts_of.cache_clear()
        return export_html(view_of(comparison, cells, language="en"))

    name = f"comparison of {COLUMNS} x {ROWS} answers of 1 KB"
    size = len(make().encode()) / 1e6
    again = timed(lambda: view_of(comparison, cells, language="en"), rounds)
    return [
        Row.at_most(f"{name}: HTML export made", timed(make, rounds), EXPORT_MS),
        Row.at_most(f"{name}: HTML export size", size, EXPORT_MB, "MB"),
        Row(f"{name}: data for the page, read before", again),
    ]


def grid_rows(rounds: int) -> list[Row]:
    """Opening it, filtering it, comparing with another column, scrolling, in Chromium."""
    comparison, cells = large()
    view = view_of(comparison, cells, language="en")
    with tempfile.TemporaryDirectory() as directory, chromium() as browser:
        file = Path(directory) / "large.html"
        file.write_text(export_html(view), "utf-8")
        measured = [looked_at(browser, file, view) for _ in range(rounds)]
    name = f"grid of {COLUMNS} x {ROWS} answers of 1 KB"
    columns = {key: [one[key] for one in measured] for key in measured[0]}
    return [
        Row.at_most(f"{name}: first answers shown", median(columns["first"]), OPEN_MS),
        Row.at_most(f"{name}: every answer there", median(columns["all"]), OPEN_MS),
        Row.at_most(f"{name}: only rows that differ", median(columns["filter"]), FILTER_MS),
        Row.at_most(f"{name}: difference against a column", median(columns["base"]), FILTER_MS),
        Row(f"{name}: frame while scrolling with differences, 95th percentile",
            median(columns["scroll"])),
    ]  # fmt: skip


def looked_at(browser: Browser, file: Path, view: View) -> dict[str, float]:
    """One visit; milliseconds."""
    with fresh_page(browser) as page:
        page.add_init_script(WATCHER)
        page.goto(file.as_uri())
        page.wait_for_function("() => window.wbSeen.all")
        seen: dict[str, float] = page.evaluate("() => window.wbSeen")
        differing = sum(row["differs"] for row in view["rows"])
        took = press(page, ".wb-check input", None)
        shown = page.evaluate(
            "() => [...document.querySelectorAll('.wb-row')]"
            ".filter((row) => getComputedStyle(row).display !== 'none').length"
        )
        if shown != differing:
            raise AssertionError(f"{shown} rows were shown, {differing} differ")
        base = press(page, "#wb-base", "0")
        scrolled: list[float] = page.evaluate(SCROLL)
        if not page.locator(".wb-text ins").count():
            raise AssertionError("no difference was marked")
    return {
        "first": seen["first"], "all": seen["all"], "filter": took, "base": base,
        "scroll": percentile(scrolled, 0.95),
    }  # fmt: skip


def press(page: Page, selector: str, value: str | None) -> float:
    """Milliseconds until the change was on the screen."""
    took: float = page.evaluate(PRESS, [selector, value])
    return took
