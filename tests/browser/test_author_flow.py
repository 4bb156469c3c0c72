"""The main job in a browser: author, stream, memo, save, history, restore; in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.i18n import translator
from tests.browser.running import go, running_app, settled
from tests.peers.aimock import AIMOCK, running_aimock


def fill(page: Page, key: str, text: str) -> None:
    field = page.locator(f"[class*='{key}'] textarea").first
    field.fill(text)
    field.press("Control+Enter")
    settled(page)


def click(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").first.click(delay=50)


def save_version(page: Page, name: str, message: str, words: str) -> None:
    page.get_by_role("button", name=words).first.click(delay=50)
    body = page.get_by_test_id("stPopoverBody")
    inputs = body.locator("input")
    if name:
        inputs.nth(0).fill(name)
    inputs.nth(1 if name else 0).fill(message)
    body.locator("[data-testid=stFormSubmitButton] button").first.click(delay=50)


@pytest.mark.parametrize("locale", ["en-US", "ja-JP"])
def test_author_stream_memo_save_history_restore(app: str, browser: Browser, locale: str) -> None:
    _ = translator(locale[:2])
    context = browser.new_context(locale=locale, viewport={"width": 1400, "height": 1600})
    page = context.new_page()
    name = f"緊急度の判定 {locale}"

    # Author: a starter gives the text, two value sets are run at once.
    go(page, f"{app}/prompt")
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    click(page, "starter-triage-ja")
    fill(page, "-system", "ラベルを1つだけ答えてください。\n- 緊急: 停止、障害\n- 低: 感想、お礼")
    fill(page, "-turn-0", f"問い合わせ（{locale}）: {{問い合わせ}}")
    fill(page, "-value-0", "サービスが停止しています。障害です。")
    click(page, "prompt-run")
    expect(page.get_by_text("緊急", exact=True).first).to_be_visible(timeout=20_000)
    expect(page).to_have_url(re.compile("group="))
    settled(page)

    # Save with a message; the address is the prompt's, the answer stays.
    save_version(page, name, "最初の版", _("Save version"))
    expect(page.locator("h1").first).to_have_text(name, timeout=15_000)
    expect(page).to_have_url(re.compile(r"prompt=[0-9a-f-]{36}"))
    saved = page.url
    settled(page)

    # Tomorrow, in another browser: everything is there under the same address.
    context.close()
    context = browser.new_context(locale=locale, viewport={"width": 1400, "height": 1600})
    page = context.new_page()
    go(page, saved)
    expect(page.locator("[class*='-system'] textarea").first).to_have_value(
        re.compile("緊急: 停止")
    )
    expect(page.get_by_text("最初の版")).to_be_visible()

    # History: found by Japanese text, with its memo.
    go(page, f"{app}/history")
    page.locator(".st-key-q input").fill(f"（{locale}）")
    line = page.locator("[class*='st-key-history-open'] button")
    expect(line.first).to_contain_text(locale, timeout=15_000)
    settled(page)
    line.first.click(delay=50)
    expect(page.locator(".st-key-detail-edit")).to_be_visible(timeout=15_000)
    memo = page.get_by_placeholder(_("Why this way? What did you notice? Markdown works."))
    memo.first.fill(f"定義が効いた {locale}")
    page.get_by_role("button", name=_("Save memo")).first.click(delay=50)
    expect(page.get_by_test_id("stMarkdownContainer").filter(has_text=f"定義が効いた {locale}")
           .first).to_be_visible(timeout=15_000)  # fmt: skip
    settled(page)

    # Back into the editor: text, values and model as they were sent.
    click(page, "detail-edit")
    expect(page.locator("[class*='-turn-0'] textarea").first).to_have_value(
        f"問い合わせ（{locale}）: {{問い合わせ}}", timeout=20_000
    )
    expect(page.locator("[class*='-value-0'] textarea").first).to_have_value(
        "サービスが停止しています。障害です。"
    )
    context.close()


@pytest.mark.skipif(not AIMOCK.exists(), reason="npm is not installed here")
def test_the_same_flow_against_an_independent_server(browser: Browser, database: Path) -> None:
    with (
        running_aimock() as address,
        running_app(
            database, {"GEMINI_API_KEY": "local", "GOOGLE_GEMINI_BASE_URL": address}
        ) as app,
    ):
        page = browser.new_page()
        go(page, f"{app}/prompt")
        fill(page, "-turn-0", "are you independent?")
        click(page, "prompt-run")
        expect(page.get_by_text("Hello from an independent server.").first).to_be_visible(
            timeout=20_000
        )
        settled(page)
        save_version(page, "peer", "first", "Save version")
        expect(page.locator("h1").first).to_have_text("peer", timeout=15_000)
        go(page, f"{app}/history")
        page.locator(".st-key-q input").fill("独立したサーバー")
        line = page.locator("[class*='st-key-history-open'] button").first
        expect(line).to_contain_text("are you independent?", timeout=15_000)
        line.click(delay=50)
        expect(page.locator(".st-key-detail-edit")).to_be_visible(timeout=15_000)
        click(page, "detail-edit")
        expect(page.locator("[class*='-turn-0'] textarea").first).to_have_value(
            "are you independent?", timeout=20_000
        )
        page.close()
