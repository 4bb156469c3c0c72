"""The sample triage dataset evaluated in a browser, and its sentence checked by other libraries."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from tests.browser.driving import click, download, popover, ran
from tests.browser.running import go, settled

DATASET = "support-triage"
PROMPT = "問い合わせの優先度判定"
MONTH = "2026-07"


def combobox(page: Page, name: str) -> Locator:
    return page.get_by_role("combobox", name=re.compile(name)).first


def choose(page: Page, name: str, option: str) -> None:
    """Choose an option of a field by typing it."""
    box = combobox(page, name)
    box.click(delay=50)
    box.fill(option)
    # The first may offer to add what was typed.
    offered = page.get_by_role("option").filter(has_text=option, has_not_text=re.compile("^Add"))
    offered.first.click(delay=50)
    ran(page)
    page.keyboard.press("Escape")
    settled(page)


def only_models(page: Page, *models: str) -> None:
    """Replace what is chosen in the field of models."""
    field = page.locator("[class*='st-key-evaluate-group-0-models']").first
    field.get_by_role("button", name="Clear all").click(delay=50)
    expect(field.locator("[data-tag]")).to_have_count(0, timeout=15_000)
    settled(page)
    for model in models:
        choose(page, "Models", model)


@pytest.fixture
def evaluated(app: str, page: Page) -> Page:
    """Set up by hand, started, and followed to its end."""
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
    only_models(page, "Sandbox Flash 2 (simulated)", "Sandbox Flash 1 (simulated)")
    choose(page, "^Computed metrics", "Label accuracy")
    for judged in ("Coherence", "Fluency"):
        choose(page, "^Metrics that a model judges", judged)
    estimate = page.locator(".st-key-evaluate-estimate").first
    expect(estimate).to_contain_text("180", timeout=15_000)
    expect(estimate).to_contain_text("true difference")
    settled(page)
    click(page, "evaluate-start")
    expect(page).to_have_url(re.compile("evaluation="), timeout=20_000)
    expect(page.locator(".st-key-evaluate-progress").first).to_contain_text("Done", timeout=90_000)
    expect(page.locator(".st-key-evaluate-comparisons").first).to_be_visible(timeout=20_000)
    settled(page)
    return page


class Cells(HTMLParser):
    """The rows of the tables of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_the_sentence_agrees_with_statsmodels(evaluated: Page) -> None:
    page = evaluated
    popover(page, "Export")
    ran(page)
    answers = pd.read_csv(
        io.BytesIO(download(page, page.locator(".st-key-evaluate-export-csv button"))),
        encoding="utf-8-sig",
    )
    report = download(page, page.locator(".st-key-evaluate-export-html button")).decode("utf-8")
    assert len(answers) == 90
    assert not answers["error"].notna().any()
    wide = answers.pivot(index="case_id", columns="candidate", values="label_accuracy")
    old, new = wide["c1"], wide["c2"]
    better, worse = int((new > old).sum()), int((new < old).sum())
    both, neither = int(((new == 1) & (old == 1)).sum()), int(((new == 0) & (old == 0)).sum())
    p_value = mcnemar([[both, worse], [better, neither]], exact=True).pvalue

    said = page.locator(".st-key-evaluate-comparisons").first
    if p_value < 0.05:
        expect(said).to_contain_text("unlikely to be luck")
    else:
        expect(said).to_contain_text("not shown to be different")
    line = said.get_by_role("listitem").filter(has_text="Label accuracy").first.inner_text()
    numbers = [int(one) for one in re.findall(r"(?:better|worse)\D*? in (\d+)", line)]
    assert sorted(numbers) == sorted([better, worse])
    assert "of 45 cases" in line

    cells = Cells()
    cells.feed(report)
    shown = {row[1]: row for row in cells.rows if row and row[0] == "Label accuracy"}
    assert len(shown) == 2
    for key, row in zip(("c1", "c2"), shown.values(), strict=True):
        low, high = proportion_confint(wide[key].sum(), 45, method="wilson")
        assert row[2] == f"{100 * wide[key].mean():.1f} %"
        assert row[3] == f"{100 * low:.1f} % – {100 * high:.1f} %"


def test_rows_that_got_worse_lead_to_their_runs(evaluated: Page) -> None:
    page = evaluated
    popover(page, "Export")
    ran(page)
    answers = pd.read_csv(
        io.BytesIO(download(page, page.locator(".st-key-evaluate-export-csv button"))),
        encoding="utf-8-sig",
    )
    page.keyboard.press("Escape")
    wide = answers.pivot(index="case_id", columns="candidate", values="exact_match")
    different = sorted(wide.index[wide["c1"] != wide["c2"]])
    assert different, "both models answered alike"
    choose(page, "^Show", "Different scores")
    expect(page).to_have_url(re.compile("show=disagree"), timeout=15_000)
    page.goto(f"{page.url}&case={different[0]}")
    shown = page.locator(".st-key-evaluate-case").first
    expect(shown).to_contain_text(different[0], timeout=20_000)
    expect(shown).to_contain_text("Coherence")
    shown.get_by_role("link", name="Open in history").first.click(delay=50)
    expect(page).to_have_url(re.compile("history"), timeout=15_000)
    expect(page.locator(".st-key-detail-star").first).to_be_visible(timeout=20_000)
