"""The sample triage prompt optimized in a browser: steps appear, a verdict, a version of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from core.i18n import translator
from tests.browser.driving import click, ran
from tests.browser.running import go, settled

DATASET = "support-triage"
PROMPT = "問い合わせの優先度判定"


def choose(page: Page, name: str, option: str) -> None:
    """Choose an option of a field by typing it."""
    box = page.get_by_role("combobox", name=re.compile(name)).first
    box.click(delay=50)
    box.fill(option)
    offered = page.get_by_role("option").filter(has_text=option, has_not_text=re.compile("^Add"))
    offered.first.click(delay=50)
    ran(page)
    page.keyboard.press("Escape")
    settled(page)


@pytest.mark.parametrize("locale", ["en-US", "ja-JP"])
def test_the_sample_prompt_is_optimized_judged_and_applied(
    app: str, page: Page, locale: str
) -> None:
    _ = translator(locale[:2])
    go(page, f"{app}/")
    go(page, f"{app}/optimize")
    click(page, "optimize-new")
    expect(page.locator("h1").first).to_contain_text(_("New optimization"), timeout=15_000)
    settled(page)

    # The first version is vague; the form says before it costs anything what can be shown.
    choose(page, f"^{_('Prompt')}", PROMPT)
    choose(page, f"^{_('Version')}", "v1")
    choose(page, f"^{_('Dataset')}", DATASET)
    choose(page, f"^{_('Computed metrics')}", _("Label accuracy"))
    most = page.get_by_role("spinbutton", name=_("Calls at most"))
    most.fill("400")
    most.press("Enter")
    ran(page)
    before = page.locator(".st-key-optimize-before").first
    expect(before).to_contain_text(_("Smallest gain that shows"), timeout=15_000)
    expect(page.locator(".st-key-optimize-start button").first).to_be_enabled()
    click(page, "optimize-start")

    # It is followed, and goes on while another page is shown.
    expect(page).to_have_url(re.compile("optimization="), timeout=20_000)
    job = page.url
    expect(page.locator(".st-key-optimize-live-table").first).to_be_visible(timeout=60_000)
    go(page, f"{app}/history")
    go(page, job)

    # The verdict comes with its interval; nothing was applied.
    expect(page.locator(".st-key-optimize-figures").first).to_be_visible(timeout=180_000)
    settled(page)
    said = page.get_by_test_id("stAlert").first
    expect(said).to_contain_text(re.compile("95 %"))
    expect(page.locator(".st-key-optimize-applied")).to_have_count(0)

    click(page, "optimize-apply")
    applied = page.locator(".st-key-optimize-applied")
    expect(applied).to_be_visible(timeout=20_000)
    settled(page)
    applied.get_by_role("link").first.click(delay=50)
    expect(page.locator("h1").first).to_have_text(PROMPT, timeout=20_000)
    expect(page.get_by_text("[optimization ").first).to_be_visible(timeout=15_000)
