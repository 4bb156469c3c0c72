"""The sample triage dataset evaluated in a browser by metrics of every kind, and every sentence of
the leaderboard checked by other libraries."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from tests.browser.driving import click, download, popover, ran
from tests.browser.running import go, running_app, settled
from tests.core.evaluation.test_statistics import tango_by_likelihood

PYTHON = {
    "polite": '"""Says please."""\n\n\ndef evaluate(instance):\n'
    '    return float("please" in instance["response"].lower())\n',
    "brief": '"""One character is enough for a label."""\n\n\ndef evaluate(instance):\n'
    '    return {"score": float(len(instance["response"].strip()) == 1)}\n',
}
"""Metrics of an administrator's own, by the names of their files."""
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


class Evaluated(NamedTuple):
    """Where the app and its evaluation are, and the evaluation's own files."""

    app: str
    address: str
    answers: pd.DataFrame
    report: str


@pytest.fixture(scope="module")
def evaluated(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluated]:
    """Set up by hand with metrics of every kind, started, followed to its end, and exported."""
    folder = tmp_path_factory.mktemp("evaluated")
    (folder / "admin.toml").write_text('[evaluation]\ncustom_metrics = "metrics"\n', "utf-8")
    (folder / "metrics").mkdir()
    for name, text in PYTHON.items():
        (folder / "metrics" / f"{name}.py").write_text(text, "utf-8")
    context = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 1600})
    with running_app(folder / "w.duckdb") as app:
        page = context.new_page()
        set_up(page, app)
        popover(page, "Export")
        ran(page)
        table, report = (
            download(page, page.locator(f".st-key-evaluate-export-{form} button"))
            for form in ("csv", "html")
        )
        answers = pd.read_csv(io.BytesIO(table), encoding="utf-8-sig")
        yield Evaluated(app, page.url, answers, report.decode("utf-8"))
    context.close()


def set_up(page: Page, app: str) -> None:
    """From the empty form to the figures."""
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
    for computed in ("Label accuracy", *PYTHON):
        choose(page, "^Computed metrics", computed)
    for judged in ("Coherence", "Fluency", "Coherence, in pairs", "Text quality, in pairs",
                   "General quality"):  # fmt: skip
        choose(page, "^Metrics that a model judges", judged)
    estimate = page.locator(".st-key-evaluate-estimate").first
    # Two answers to each case; the judge reads each of them three times, each pair four times,
    # and thinks of questions for each case.
    expect(estimate).to_contain_text("90", timeout=15_000)
    expect(estimate).to_contain_text("495", timeout=15_000)
    expect(estimate).to_contain_text("true difference")
    settled(page)
    click(page, "evaluate-start")
    expect(page).to_have_url(re.compile("evaluation="), timeout=20_000)
    expect(page.locator(".st-key-evaluate-progress").first).to_contain_text("Done", timeout=90_000)
    expect(page.locator(".st-key-evaluate-comparisons").first).to_be_visible(timeout=20_000)
    settled(page)


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


def wide(found: Evaluated, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Values of the two candidates, case by case."""
    values = found.answers.pivot(index="case_id", columns="candidate", values=metric)
    return values["c1"].to_numpy(dtype=float), values["c2"].to_numpy(dtype=float)


def won(found: Evaluated, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Of pairs, the share of each case that the candidates won; a tie is half of it."""
    mine = found.answers[found.answers["candidate"] == "c2"].sort_values("case_id")[metric]
    share = mine.map({"win c1": 1.0, "tie c1": 0.5, "loss c1": 0.0}).to_numpy(dtype=float)
    return 1 - share, share


class Told(NamedTuple):
    """What a sentence must say of two columns of values."""

    better: int
    worse: int
    claimed: bool
    low: float
    high: float


def oracle(before: np.ndarray, after: np.ndarray, width: float) -> Told:
    """By statsmodels and scipy alone; `width` is the range of the values."""
    gaps = after - before
    better, worse, n = int((gaps > 0).sum()), int((gaps < 0).sum()), len(gaps)
    if set(before) | set(after) <= {0.0, 1.0}:
        p_value = mcnemar([[0, better], [worse, 0]], exact=True).pvalue if better + worse else 1.0
        low, high = tango_by_likelihood(better, worse, n)
    elif not gaps.std():
        others = stats.beta.ppf(0.95, 1, n)
        low, high = gaps[0] - others * (gaps[0] + width), gaps[0] + others * (width - gaps[0])
        p_value = 1.0 if low <= 0 <= high else 0.0
    else:
        found = stats.ttest_rel(after, before)
        low, high = found.confidence_interval()
        p_value = found.pvalue
        if 0 < better + worse <= 16:
            flipped = stats.permutation_test(
                (gaps[gaps != 0],), np.sum, permutation_type="samples", n_resamples=2**16
            )
            p_value = max(p_value, flipped.pvalue)
    claimed = bool(p_value < 0.05)
    return Told(better, worse, claimed, low if claimed else min(low, 0.0),
                high if claimed else max(high, 0.0))  # fmt: skip


METRICS = (
    ("scores.exact_match", wide, 1.0), ("scores.label_accuracy", wide, 1.0),
    ("scores.brief", wide, 1.0), ("scores.polite", wide, 1.0),
    ("scores.coherence", wide, 4.0), ("scores.fluency", wide, 4.0),
    ("scores.general_quality", wide, 1.0), ("battles.pairwise_coherence", won, 1.0),
    ("battles.pairwise_text_quality", won, 1.0),
)  # fmt: skip


def test_the_leaderboards_sentences_agree_with_statsmodels_and_scipy(
    evaluated: Evaluated, page: Page
) -> None:
    assert not evaluated.answers["error"].notna().any()
    go(page, f"{evaluated.app}/leaderboard?metric=scores.exact_match")
    choose(page, "^Compare with", "sandbox-flash-2")
    expect(page).to_have_url(re.compile("with="), timeout=15_000)
    chosen = re.findall(r"with=([^&]*)", page.url)[0]
    for address, read, width in METRICS:
        go(page, f"{evaluated.app}/leaderboard?metric={address}&with={chosen}")
        told = oracle(*read(evaluated, address.partition(".")[2]), width)
        said = page.get_by_test_id("stAlert").first.inner_text()
        assert ("unlikely to be luck" in said) is told.claimed, (address, said)
        assert ("not shown to be different" in said) is not told.claimed, (address, said)
        assert "of 45 cases" in said
        counts = {word: int(n) for word, n in re.findall(r"(better|worse)\D*? in (\d+)", said)}
        assert counts == {"better": told.better, "worse": told.worse}, (address, said)
        written = re.search(r"95 %: (\S+) to (\S+?)( points)?\)", said)
        assert written is not None, said
        unit, rounding = (100, 0.51) if written[3] else (1, 0.0051)
        for number, wanted in zip(written.groups(), (told.low, told.high), strict=False):
            assert abs(float(number) - unit * wanted) <= rounding, (address, said, told)


def test_the_report_has_the_intervals_of_statsmodels(evaluated: Evaluated) -> None:
    cells = Cells()
    cells.feed(evaluated.report)
    for title, metric in (("Label accuracy", "label_accuracy"), ("brief", "brief")):
        shown = {row[1]: row for row in cells.rows if row and row[0] == title}
        assert len(shown) == 2
        for values, row in zip(wide(evaluated, metric), shown.values(), strict=True):
            low, high = proportion_confint(values.sum(), 45, method="wilson")
            assert row[2] == f"{100 * values.mean():.1f} %"
            assert row[3] == f"{100 * low:.1f} % – {100 * high:.1f} %"


def test_rows_that_got_worse_lead_to_their_runs(evaluated: Evaluated, page: Page) -> None:
    go(page, evaluated.address)
    answers = evaluated.answers
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
