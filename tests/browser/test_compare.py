"""A demo from the home page to the file that is sent round: compare, judge blind, reveal, show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.driving import click, download, popover, ran
from tests.browser.running import go, running_app, running_sandbox, settled

ROWS = ".wb-row"
SECRETS = ("sandbox-flash", "sandbox-pro", "Sandbox Flash", "Sandbox Pro", "first token", "$0.")
EVERY_TEXT = """() => {
  const texts = []
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) texts.push(node.data)
    for (const one of node.attributes ?? []) texts.push(one.value)
    if (node.shadowRoot) walk(node.shadowRoot)
    node.childNodes.forEach(walk)
  }
  walk(document.body)
  return texts.join('\\n')
}"""


@pytest.fixture(scope="module")
def slow_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over a sandbox that takes some seconds for an answer."""
    database = tmp_path_factory.mktemp("slow") / "w.duckdb"
    with (
        running_sandbox("--chunk-rate", "2") as sandbox,
        running_app(database, {"WORKBENCH_SANDBOX_URL": sandbox}) as address,
    ):
        yield address


def judged(page: Page, words: str) -> None:
    """So many are judged, says the page, and it has come to rest."""
    expect(page.get_by_test_id("stProgress").first).to_contain_text(words, timeout=15_000)
    settled(page)


def press(page: Page, key: str, words: str) -> None:
    """Press a key that gives a verdict or takes one back."""
    page.keyboard.press(key)
    judged(page, words)


def note(page: Page) -> Locator:
    """Where the memo on the verdict is written."""
    return page.locator("[class*='st-key-compare-note'] input")


def test_three_models_streamed_judged_blind_revealed_and_shown(
    slow_app: str, page: Page, browser: Browser, tmp_path: Path
) -> None:
    # From the home page in one click; all columns of a row stream at once.
    go(page, slow_app)
    click(page, "home-compare-example")
    expect(page).to_have_url(re.compile("/compare.comparison="), timeout=20_000)
    address = page.url
    board = page.locator(".st-key-compare-live").first
    expect(board).to_contain_text("理由", timeout=20_000)
    page.reload()
    expect(page.locator(f".st-key-compare-live, {ROWS}").first).to_be_visible(timeout=20_000)
    expect(page.locator(ROWS)).to_have_count(10, timeout=60_000)
    expect(page.locator(".wb-table").first).to_contain_text("Sandbox Pro 2")
    settled(page)

    # Blind: nothing on the page tells who is who.
    click(page, "compare-view-blind")
    judged(page, "0 of 30 judged")
    assert not [one for one in SECRETS if one in page.evaluate(EVERY_TEXT)]
    click(page, "compare-view-grid")
    expect(page.locator(ROWS)).to_have_count(10, timeout=15_000)
    assert not [one for one in SECRETS if one in page.evaluate(EVERY_TEXT)]
    settled(page)
    click(page, "compare-view-judge")
    judged(page, "0 of 30 judged")
    page.get_by_role("radio", name="Pair 1").click(delay=50)
    judged(page, "0 of 10 judged")

    # Verdicts by keyboard, but not while a memo is typed or composed.
    press(page, "1", "1 of 10 judged")
    note(page).click(delay=50)
    page.keyboard.type("3 of 5, ")
    session = page.context.new_cdp_session(page)
    composed = {"text": "ごばん2", "selectionStart": 4, "selectionEnd": 4}
    session.send("Input.imeSetComposition", composed)
    for key in ("2", "5"):
        event = {"key": key, "code": f"Digit{key}", "windowsVirtualKeyCode": 229}
        session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **event})
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})
    session.send("Input.insertText", {"text": "五番"})
    expect(note(page)).to_have_value("3 of 5, 五番")
    judged(page, "1 of 10 judged")
    page.get_by_role("button", name="Tone", exact=True).click(delay=50)
    ran(page)
    press(page, "5", "2 of 10 judged")
    press(page, "u", "1 of 10 judged")
    expect(note(page)).to_have_value("3 of 5, 五番")
    press(page, "4", "2 of 10 judged")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("item=2"))
    settled(page)
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("item=3"))
    settled(page)
    for number in range(3, 11):
        press(page, "123456"[number % 6], f"{number} of 10 judged")
    expect(page.get_by_text("Everything is judged.").first).to_be_visible()

    # Revealed: the tally with its interval, and the grid with the names.
    click(page, "compare-reveal")
    told = page.locator("[class*='st-key-compare-tally']").first
    expect(told).to_contain_text("95 % interval", timeout=15_000)
    expect(page.locator(".wb-verdict[title*='Tone · 3 of 5, 五番']")).to_have_count(1)
    settled(page)
    sentence = told.inner_text()

    # Tomorrow, in another browser, under the same address.
    context = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    go(page, address)
    expect(page.locator(ROWS)).to_have_count(10, timeout=20_000)
    assert page.locator("[class*='st-key-compare-tally']").inner_text() == sentence
    exported_page_opens(browser, exported(page), tmp_path / "comparison.html")
    replayed(page, address)
    followed(page, address)
    context.close()


def exported(page: Page) -> bytes:
    """The comparison as one HTML file."""
    body = popover(page, "Export")
    found = download(page, body.get_by_role("button", name="One page (HTML)"))
    page.keyboard.press("Escape")
    return found


def exported_page_opens(browser: Browser, html: bytes, file: Path) -> None:
    """It opens without any network and shows the answers."""
    file.write_bytes(html)
    context = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 1000})
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    expect(page.locator(ROWS)).to_have_count(10)
    expect(page.get_by_text("顧客名簿の情報が漏えいしたようです").first).to_be_visible()
    assert asked == [file.as_uri()]
    context.close()


def followed(page: Page, address: str) -> None:
    """From the grid to what is behind it: one more answer, the verdict, the run."""
    cell = page.locator(ROWS).nth(2).locator(".wb-cell").nth(1)
    cell.get_by_role("button", name="Run this cell again").click(delay=50)
    expect(page.locator(".st-key-compare-stop").first).to_be_visible(timeout=10_000)
    expect(page.locator(ROWS)).to_have_count(10, timeout=30_000)
    settled(page)
    page.locator(ROWS).nth(2).get_by_role("button", name="Judge").click(delay=50)
    expect(page).to_have_url(re.compile("view=judge&item=7"), timeout=10_000)
    expect(page.get_by_text("通知の設定", exact=True).first).to_be_visible()
    go(page, address)
    cell.get_by_role("button", name="Open the run").click(delay=50)
    expect(page).to_have_url(re.compile("/history.run="), timeout=10_000)
    expect(page.get_by_text("sandbox-flash-2").first).to_be_visible(timeout=15_000)


def replayed(page: Page, address: str) -> None:
    """One scene after the other, each under its address."""
    page.goto(f"{address}&view=present&scene=7")
    shown = page.locator("dialog[open]")
    expect(shown).to_contain_text("Charged twice", timeout=20_000)
    page.keyboard.press("4")
    expect(shown).to_have_attribute("data-state", "done", timeout=20_000)
    expect(shown).to_contain_text("payment is due tomorrow.")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("scene=8"), timeout=10_000)
    expect(shown).to_contain_text("Notification settings")
    settled(page)
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("view="), timeout=10_000)
    expect(page.locator(ROWS).first).to_be_visible()
