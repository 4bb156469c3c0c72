"""Answers on their way: stopped, left and found again, repeated, refused with a way out."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.driving import click, field, fill, ran
from tests.browser.running import go, settled

TEXT = "Summarise in 6 sentences: " + " ".join(
    f"Sentence number {number} tells what happened on day {number} of the outage in plain words."
    for number in range(1, 13)
)


def started(page: Page, app: str, text: str) -> None:
    """A prompt of this text was sent, and its answer is awaited."""
    go(page, f"{app}/prompt")
    fill(page, "-turn-0", text)
    click(page, "prompt-run")
    expect(page.locator(".st-key-prompt-stop").first).to_be_visible(timeout=15_000)


def partial(page: Page) -> str:
    """The beginning of an answer, as soon as there is one."""
    shown = page.get_by_test_id("stMarkdownContainer").filter(has_text="Sentence number").first
    expect(shown).to_be_visible(timeout=15_000)
    return shown.inner_text()


def ended(page: Page) -> str:
    """The whole answer, once nothing runs any more."""
    expect(page.locator(".st-key-prompt-stop")).to_have_count(0, timeout=60_000)
    settled(page)
    shown = page.get_by_role("tabpanel").get_by_test_id("stMarkdownContainer")
    return shown.filter(has_text="Sentence number").first.inner_text()


def test_stop_keeps_what_had_come(faulty_app: str, page: Page) -> None:
    started(page, faulty_app, TEXT + " first")
    begun = partial(page)
    click(page, "prompt-stop")
    kept = ended(page)
    assert kept.startswith(begun[:20])
    expect(page.get_by_text("Stopped", exact=True).first).to_be_visible()
    go(page, f"{faulty_app}/history")
    # The samples may be filled in at the same time.
    lines = page.locator("[class*='st-key-history-open'] button")
    expect(lines.filter(has_text="Summarise").first).to_be_visible()
    expect(page.get_by_text("Stopped").first).to_be_visible()


def test_stop_before_the_first_token(faulty_app: str, page: Page) -> None:
    started(page, faulty_app, "[[fault:slow ms=20000]] " + TEXT)
    click(page, "prompt-stop")
    expect(page.locator(".st-key-prompt-stop")).to_have_count(0, timeout=5_000)
    expect(page.get_by_text("Stopped", exact=True).first).to_be_visible(timeout=5_000)


def test_reload_and_another_page_attach_again(faulty_app: str, page: Page) -> None:
    started(page, faulty_app, TEXT + " again")
    begun = partial(page)
    address = page.url
    page.reload()
    expect(page.locator(".st-key-prompt-stop").first).to_be_visible(timeout=15_000)
    assert partial(page).startswith(begun[:20])
    page.get_by_test_id("stSidebarNav").get_by_role("link").nth(2).click(delay=50)
    expect(page).to_have_url(re.compile("/history"))
    page.goto(address)
    whole = ended(page)
    assert whole.startswith(begun)
    assert whole.rstrip().endswith((".", "。"))
    field(page, "-turn-0").press("Control+Enter")
    page.reload()
    assert ended(page) == whole


def test_three_answers_side_by_side(faulty_app: str, page: Page) -> None:
    go(page, f"{faulty_app}/prompt")
    fill(page, "-turn-0", "Answer in 1 sentence: Sentence number 1 is the only one.")
    page.locator(".st-key-prompt-times input").fill("3")
    page.locator(".st-key-prompt-times input").press("Enter")
    ran(page)
    click(page, "prompt-run")
    raw = page.get_by_role("tab", name="Raw", exact=True)
    expect(raw).to_have_count(3, timeout=30_000)
    settled(page)
    page.reload()
    expect(raw).to_have_count(3, timeout=30_000)


def test_a_retired_model_offers_its_successor(faulty_app: str, page: Page) -> None:
    go(page, f"{faulty_app}/prompt")
    model = page.get_by_role("combobox", name="Model")
    model.fill("sandbox:sandbox-flash-1")
    model.press("Enter")
    ran(page)
    fill(page, "-turn-0", "[[fault:not_found]] hello")
    click(page, "prompt-run")
    successor = page.locator("[class*='-successor-'] button")
    expect(successor).to_contain_text("sandbox-flash-2", timeout=15_000)
    settled(page)
    successor.click(delay=50)
    expect(page.get_by_text("Sandbox · sandbox-flash-2").first).to_be_visible(timeout=10_000)


def test_a_cut_connection_keeps_what_had_come(faulty_app: str, page: Page) -> None:
    go(page, f"{faulty_app}/prompt")
    fill(page, "-turn-0", "[[fault:cut]] " + TEXT)
    click(page, "prompt-run")
    expect(page.get_by_text("The connection broke off.").first).to_be_visible(timeout=60_000)
    expect(
        page.get_by_test_id("stMarkdownContainer").filter(has_text="Sentence").first
    ).to_be_visible()
