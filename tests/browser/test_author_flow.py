"""The main job in a browser: author, stream, memo, save, history, restore; in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from core.i18n import translator
from tests.browser.driving import click, field, fill, ran, save_version
from tests.browser.running import go, settled

RULES = "ラベルを1つだけ答えてください。\n- 緊急: 停止、障害\n- 低: 感想、お礼"
OUTAGE, THANKS = "サービスが停止しています。障害です。", "お礼を言いたいです。よい感想です。"


def answer_of(page: Page, text: str) -> None:
    """The answer that is just this text is on the page."""
    shown = page.get_by_role("tabpanel").get_by_text(text, exact=True)
    expect(shown.first).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("locale", ["en-US", "ja-JP"])
def test_author_stream_memo_save_history_restore(
    app: str, browser: Browser, page: Page, locale: str
) -> None:
    _ = translator(locale[:2])
    name = f"緊急度の判定 {locale}"

    # Author: a starter gives the form; two value sets are run at once.
    go(page, f"{app}/prompt")
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    click(page, "prompt-new")
    ran(page)
    click(page, "starter-triage-ja")
    ran(page)
    fill(page, "-system", RULES)
    fill(page, "-turn-0", f"問い合わせ（{locale}）: {{問い合わせ}}")
    sets = page.locator("[class*='-sets'] button")
    tabs = page.locator("[data-testid=stTabs]:has([class*='-delset-'])").first.get_by_role("tab")
    while sets.count() > 2:
        tabs.last.click(delay=50)
        page.locator("[class*='-delset-'] button").filter(visible=True).click(delay=50)
        ran(page)
    for number, text in enumerate((OUTAGE, THANKS)):
        tabs.nth(number).click(delay=50)
        fill(page, f"-value-{number}", text)
    sets.nth(1).click(delay=50)
    ran(page)
    click(page, "prompt-run")
    expect(page).to_have_url(re.compile("group="))
    answer_of(page, "緊急")
    answer_of(page, "低")
    settled(page)

    # A memo on the run, where the answer is.
    click_memo(page, _, f"停止は緊急 {locale}")

    # Save with a message; the address is the prompt's, the answers stay.
    save_version(page, _("Save version"), "最初の版", name)
    expect(page.locator("h1").first).to_have_text(name, timeout=15_000)
    expect(page).to_have_url(re.compile(r"prompt=[0-9a-f-]{36}"))
    settled(page)
    answer_of(page, "緊急")
    saved = page.url
    fill(page, "-system", RULES + "\n- 中: 質問")
    save_version(page, _("Save version"), "質問の定義を足した")
    expect(page.get_by_text("質問の定義を足した").first).to_be_visible(timeout=15_000)

    # Tomorrow, in another browser: everything is there under the same address.
    context = browser.new_context(locale=locale, viewport={"width": 1400, "height": 1600})
    page = context.new_page()
    go(page, saved)
    expect(field(page, "-system")).to_have_value(re.compile("質問$"))
    expect(page.get_by_text("最初の版").first).to_be_visible()
    answer_of(page, "低")

    # The older version is made the newest.
    page.locator("[class*='st-key-versions-restore'] button").last.click(delay=50)
    expect(page.get_by_text("Restored from version 1").first).to_be_visible(timeout=15_000)
    expect(field(page, "-system")).to_have_value(RULES)
    settled(page)

    # History: found by Japanese text, in the memo as well, and opened in the editor as it was.
    go(page, f"{app}/history")
    page.locator(".st-key-history-filter-q input").fill(f"停止は緊急 {locale}")
    expect(page).to_have_url(re.compile("q="), timeout=15_000)
    lines = page.locator("[class*='st-key-history-open'] button")
    expect(lines).to_have_count(1, timeout=15_000)
    expect(lines.first).to_contain_text(locale)
    settled(page)
    lines.first.click(delay=50)
    expect(page.locator(".st-key-detail-edit").first).to_be_visible(timeout=15_000)
    expect(page.get_by_text(f"停止は緊急 {locale}").first).to_be_visible()
    settled(page)
    click(page, "detail-edit")
    expect(field(page, "-turn-0")).to_have_value(
        f"問い合わせ（{locale}）: {{問い合わせ}}", timeout=20_000
    )
    expect(field(page, "-system")).to_have_value(RULES)
    expect(field(page, "-value-0")).to_have_value(re.compile(f"{OUTAGE}|{THANKS}"))
    context.close()


def click_memo(page: Page, _: object, text: str) -> None:
    """Write a memo on the first answer."""
    answers = page.locator("[data-testid=stTabs]:has([class*='st-key-answer-']), .stTabs").first
    expect(answers).to_be_visible()
    words = _("Memo")  # type: ignore[operator]
    page.get_by_role("button", name=words, exact=True).first.click(delay=50)
    body = page.get_by_test_id("stPopoverBody")
    body.locator("textarea").first.fill(text)
    body.locator("[data-testid=stFormSubmitButton] button").first.click(delay=50)
    expect(page.get_by_test_id("stMarkdownContainer").filter(has_text=text).first).to_be_attached(
        timeout=15_000
    )
    settled(page)
    page.keyboard.press("Escape")


def test_the_same_flow_against_an_independent_server(peer_app: str, page: Page) -> None:
    go(page, f"{peer_app}/prompt")
    fill(page, "-turn-0", "are you independent?")
    click(page, "prompt-run")
    expect(page.get_by_text("Hello from an independent server.").first).to_be_visible(
        timeout=20_000
    )
    settled(page)
    save_version(page, "Save version", "first", "peer")
    expect(page.locator("h1").first).to_have_text("peer", timeout=15_000)
    settled(page)
    go(page, f"{peer_app}/history")
    page.locator(".st-key-history-filter-q input").fill("独立したサーバー")
    line = page.locator("[class*='st-key-history-open'] button").first
    expect(line).to_contain_text("are you independent?", timeout=15_000)
    settled(page)
    line.click(delay=50)
    expect(page.locator(".st-key-detail-edit").first).to_be_visible(timeout=15_000)
    settled(page)
    click(page, "detail-edit")
    expect(field(page, "-turn-0")).to_have_value("are you independent?", timeout=20_000)
