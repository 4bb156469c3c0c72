"""Triage and the summaries of a talk optimized in a browser: steps, verdict, version, compare."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from core.i18n import translator
from tests.browser.driving import click, popover, ran
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


def compared(page: Page, job: str) -> None:
    """Put before and after side by side and run them: both columns have answers."""
    go(page, job)
    click(page, "optimize-compare")
    expect(page).to_have_url(re.compile("/compare"), timeout=20_000)
    settled(page)
    click(page, "compare-run")
    expect(page.locator(".wb-row")).to_have_count(5, timeout=30_000)
    expect(page.locator(".wb-table").first).to_contain_text(re.compile("After|変更後"))


def test_the_sample_prompt_is_optimized_judged_applied_and_compared(app: str, page: Page) -> None:
    _ = translator("en")
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
    compared(page, job)


# The example of a talk, as a configuration of the managed optimizer.
TALK = {
    "project": "p",
    "system_instruction": "タスク:\n以下のレビューを簡単にいうと?",
    "prompt_template": "{レビュー}",
    "target_model": "sandbox:sandbox-flash-2",
    "optimization_mode": "instruction",
    "eval_metric": "summarization_quality",
    "num_steps": 10,
    "input_data_path": "gs://bucket/reviews.jsonl",
    "output_path": "gs://bucket/out",
    "language": "Japanese",
}


@pytest.mark.parametrize("locale", ["ja-JP"])
def test_the_summaries_of_a_talk_get_better_and_are_saved_and_compared(
    app: str, page: Page
) -> None:
    _ = translator("ja")
    go(page, f"{app}/")
    go(page, f"{app}/optimize?view=new")
    page.get_by_text(_("From a configuration (JSON)")).first.click(delay=50)
    page.locator("input[type=file]").first.set_input_files(
        {"name": "レビュー要約.json", "mimeType": "application/json",
         "buffer": json.dumps(TALK).encode()}
    )  # fmt: skip
    click(page, "optimize-config-take")
    ran(page)
    choose(page, f"^{_('Dataset')}", "product-reviews-ja")
    click(page, "optimize-start")

    # It is followed step by step.
    expect(page).to_have_url(re.compile("optimization="), timeout=20_000)
    job = page.url
    steps = page.get_by_test_id("stProgress").first
    expect(steps).to_contain_text(re.compile("ステップ [1-9]"), timeout=30_000)

    # The verdict is in words, with its interval; the start stays visible beside what was found.
    expect(page.locator(".st-key-optimize-figures").first).to_be_visible(timeout=120_000)
    settled(page)
    said = page.get_by_test_id("stAlert").first
    expect(said).to_contain_text("改善しました")
    expect(said).to_contain_text("95 %")
    expect(page.get_by_text("以下のレビューを簡単にいうと?").first).to_be_visible()

    popover(page, _("Save as a new prompt"))
    click(page, "optimize-apply-new")
    applied = page.locator(".st-key-optimize-applied")
    expect(applied).to_be_visible(timeout=20_000)
    expect(applied).to_contain_text("レビュー要約")
    compared(page, job)
