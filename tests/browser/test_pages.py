"""Every page opens by its address, cold, in both themes and widths, without a crash."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, expect

from tests.browser.running import go

# Streamlit asks for these below every deep link first; a 404 there is its normal course.
EXPECTED = ("404 (Not Found)",)


@pytest.mark.parametrize(
    ("locale", "scheme", "width"),
    [("en-US", "light", 1440), ("ja-JP", "dark", 390), ("ja-JP", "light", 1440)],
)
def test_pages_open(app: str, browser: Browser, locale: str, scheme: str, width: int) -> None:
    context = browser.new_context(
        locale=locale,
        color_scheme=scheme,
        viewport={"width": width, "height": 1500},  # type: ignore[arg-type]
    )
    page = context.new_page()
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in EXPECTED):
            problems.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: problems.append(str(error)))
    for name in ("", "prompt", "history", "compare", "settings"):
        go(page, f"{app}/{name}")
        expect(page.locator("html")).to_have_attribute("lang", locale[:2])
        if folder := os.environ.get("SHOTS"):
            page.screenshot(
                path=Path(folder) / f"{name or 'home'}-{locale[:2]}-{scheme}-{width}.png"
            )
    context.close()
    assert problems == []
