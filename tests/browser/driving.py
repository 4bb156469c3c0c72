"""What a person does on the pages, by the keys of the widgets."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser.running import settled


def ran(page: Page) -> None:
    """Wait for the script run that the last action began; it may have ended already."""
    app = page.get_by_test_id("stApp")
    with suppress(AssertionError):
        expect(app).to_have_attribute("data-test-script-state", "running", timeout=700)
    settled(page)


def field(page: Page, key: str) -> Locator:
    """The text area whose widget key ends so."""
    return page.locator(f"[class*='{key}'] textarea").first


def fill(page: Page, key: str, text: str) -> None:
    """Write into a text area and leave it."""
    place = field(page, key)
    place.fill(text)
    # Not with Ctrl+Enter, which on the prompt page also runs the prompt.
    place.press("Tab")
    ran(page)


def click(page: Page, key: str) -> None:
    """Press the button with this widget key."""
    page.locator(f".st-key-{key} button").first.click(delay=50)


def popover(page: Page, words: str) -> Locator:
    """Open the popover with this title; returns its body."""
    body = page.get_by_test_id("stPopoverBody")
    press(page.get_by_test_id("stPopoverButton").filter(has_text=words).first, body)
    return body


def press(button: Locator, wanted: Locator) -> None:
    """Press a button that brings something to the screen."""
    button.click(delay=50)
    with suppress(AssertionError):
        expect(wanted).to_be_visible(timeout=3_000)
        return
    # A page that was drawn anew just then has lost the click.
    button.click(delay=50)
    expect(wanted).to_be_visible()


def save_version(page: Page, words: str, message: str, name: str = "") -> None:
    """Save what the editor shows; `words` is the button's name in the page's language."""
    inputs = (body := popover(page, words)).locator("input")
    if name:
        inputs.first.fill(name)
    inputs.nth(1 if name else 0).fill(message)
    body.locator("[data-testid=stFormSubmitButton] button").first.click(delay=50)


def answers(page: Page) -> Locator:
    """The finished answers on the prompt page."""
    return page.get_by_test_id("stTabs").filter(has=page.get_by_role("tab", name="Raw"))


def download(page: Page, button: Locator) -> bytes:
    """The bytes that a download button gives."""
    try:
        with page.expect_download(timeout=20_000) as waiting:
            button.click(delay=50)
    except PlaywrightTimeout as error:
        raise AssertionError("nothing was downloaded") from error
    return waiting.value.path().read_bytes()
