"""The evaluate page's batch lane, in a browser over the sandbox."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.driving import click
from tests.browser.running import go, settled
from tests.browser.test_evaluate import DATASET, MONTH, PROMPT, choose, only_models


def test_a_batch_is_half_the_price_waits_in_words_and_ends_in_figures(app: str, page: Page) -> None:
    go(page, f"{app}/")
    go(page, f"{app}/evaluate")
    click(page, "evaluate-new")
    expect(page.locator("h1").first).to_contain_text("New evaluation", timeout=15_000)
    settled(page)
    choose(page, "^Dataset", DATASET)
    choose(page, "^Only where", "month")
    value = page.get_by_label("has exactly the value")
    value.fill(MONTH)
    value.press("Enter")
    expect(page.get_by_text("45 cases").first).to_be_visible(timeout=15_000)
    choose(page, "^Prompt", PROMPT)
    only_models(page, "Sandbox Flash 2 (simulated)")
    choose(page, "^Computed metrics", "Label accuracy")
    lane = page.locator("[class*='st-key-evaluate-new-engine']").first
    expect(lane).to_contain_text("half price; results may take up to 24 hours")
    lane.get_by_text("Batch", exact=True).click(delay=50)
    expect(page.get_by_text("a batch reserves the most that it can cost").first).to_be_visible()
    estimate = page.locator(".st-key-evaluate-estimate").first
    expect(estimate).to_contain_text("up to 24 hours", timeout=15_000)
    settled(page)
    click(page, "evaluate-start")
    expect(page).to_have_url(re.compile("evaluation="), timeout=20_000)
    expect(page.get_by_text("waiting for the batch since").first).to_be_visible(timeout=20_000)
    expect(page.locator(".st-key-evaluate-progress").first).to_contain_text("Done", timeout=90_000)
    expect(page.get_by_text("45 rows").first).to_be_visible(timeout=15_000)
