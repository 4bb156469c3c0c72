"""Takes the pictures of the README: every page, light and dark, desktop and phone.

`make pictures` runs it over a fresh sample workspace.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.access import operator
from core.config import Settings
from core.lifecycle.lint import fixed
from core.records.comparisons import Candidate
from core.records.datasets import CaseSlice
from core.records.evaluations import Evaluation
from core.records.metrics import MetricSpec
from core.records.model_migrations import MigrationPlan
from core.records.optimizations import OptimizationDraft, WeightedMetric
from core.samples import fill
from core.workbench import Workbench
from tests.browser.driving import click, ran
from tests.browser.running import go, launch, running_app, settled

PERSON = "mika"
PROMPT = "問い合わせの優先度判定"

SIZES = {"desktop": (1360, 920), "phone": (390, 844)}
TALLER = {"prompt": 460, "migrate": 500, "models": 300, "optimize": 400}
"""Further down on the desktop are the answers."""
COLOURS = 96
"""A picture of a page needs no more, and the file is a quarter of the size."""


def main(folder: Path) -> None:
    """Write `<page>-<size>-<scheme>.png` and the Japanese ones into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        database = Path(place) / "w.duckdb"
        queries = worked_in(database)
        with running_app(database, {"WORKBENCH_PERSON": PERSON}) as app:
            browser = launch(playwright)
            addresses = prepared(browser, app)
            addresses |= {page: f"{app}/{page}{query}" for page, query in queries.items()}
            take_all(browser, addresses, folder)
            browser.close()


def take_all(browser: Browser, addresses: dict[str, str], folder: Path) -> None:
    """Every page in both sizes and schemes, and in Japanese."""
    for name, address in addresses.items():
        for size in SIZES:
            for scheme in ("light", "dark"):
                take(browser, address, folder / f"{name}-{size}-{scheme}.png", size, scheme)
        take(browser, address, folder / f"{name}-ja.png", "desktop", "light", "ja-JP")


def worked_in(database: Path) -> dict[str, str]:
    """A workspace in which one has evaluated and begun to migrate; queries of what to show."""
    bench = Workbench.open(
        Settings.from_environment({"WORKBENCH_DB": str(database), "WORKBENCH_PERSON": PERSON})
    )
    try:
        fill(bench)
        cases = bench.datasets.find("support-triage")
        prompt, old = bench.authoring.find(f"{PROMPT}@production")
        _, new = bench.authoring.find(f"{PROMPT}@staging")
        draft = Evaluation(
            "", "Which model for the triage?", cases.id,
            tuple(
                Candidate(f"c{number}", f"{PROMPT} v{version.number}", version.spec,
                          version.spec.model, prompt.id, version.id)
                for number, version in enumerate((old, new), 1)
            ),
            (MetricSpec("label_accuracy"), MetricSpec("exact_match")), 1, datetime.now(UTC), PERSON,
            cases=CaseSlice(equals={"month": "2026-06"}),
        )  # fmt: skip
        evaluation = bench.evaluations.create(draft)
        bench.evaluations.start(evaluation.id, actor=PERSON)
        ended(bench, evaluation.id)
        plan = MigrationPlan(
            prompt.id, old.id, "", "sandbox:sandbox-flash-2", cases.id,
            (MetricSpec("label_accuracy"),), reason="sandbox-flash-1 retires on 2026-12-24",
        )  # fmt: skip
        flow = bench.migrations
        migration = flow.start(plan, actor=PERSON)
        flow.adopt(migration.id, fixed(old.spec, flow.findings(migration)), "For sandbox-flash-2",
                   actor=PERSON)  # fmt: skip
        ended(bench, flow.freeze(migration.id, actor=PERSON).id)
        ended(bench, flow.evaluate(migration.id, actor=PERSON).id)
        flow.skip(migration.id, "optimise", "", actor=PERSON)
        flow.review(migration.id, "Old and new, blind", operator(PERSON))
        optimization = optimized(bench, cases.id)
        return {
            "optimize": f"?optimization={optimization}",
            "review": "",
            "datasets": f"?dataset={cases.dataset_id}",
            "evaluate": f"?evaluation={evaluation.id}",
            "leaderboard": "",
            "models": "",
            "migrate": f"?migration={migration.id}",
        }
    finally:
        bench.close()


def optimized(bench: Workbench, dataset_version_id: str) -> str:
    """The id of an optimization of the first, vague version for the new model."""
    prompt, first = bench.authoring.find(f"{PROMPT}@1")
    draft = OptimizationDraft(
        "Triage for sandbox-flash-2", first.spec, dataset_version_id, "sandbox:sandbox-flash-2",
        (WeightedMetric(MetricSpec("label_accuracy")),), prompt.id, first.id,
        language="Japanese", steps=4, max_calls=800,
    )  # fmt: skip
    kept = bench.optimizations.create(draft, actor=PERSON)
    bench.optimizations.start(kept.id, actor=PERSON)
    while bench.optimizations.status(kept.id) == "running":
        time.sleep(0.1)
    return kept.id


def ended(bench: Workbench, evaluation_id: str) -> None:
    """Wait for an evaluation."""
    while bench.evaluations.is_busy(bench.evaluations.get(evaluation_id)):
        time.sleep(0.1)


def prepared(browser: Browser, app: str) -> dict[str, str]:
    """The addresses of what is shown: the sample prompt, answered twice, one of its runs, the example."""
    page = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 1600}).new_page()
    go(page, app)
    page.locator(".st-key-home-prompts").get_by_role("link", name=PROMPT).first.click()
    expect(page.locator(".st-key-prompt-run")).to_be_visible(timeout=20_000)
    settled(page)
    page.locator("[class*='-sets'] button").nth(1).click(delay=50)
    ran(page)
    click(page, "prompt-run")
    expect(page.get_by_role("tab", name="Raw")).to_have_count(2, timeout=30_000)
    settled(page)
    prompt = page.url
    go(page, f"{app}/history")
    page.locator("[class*='st-key-history-open'] button").first.click(delay=50)
    expect(page.locator(".st-key-detail-edit")).to_be_visible(timeout=20_000)
    settled(page)
    history = page.url
    return {
        "home": app,
        "prompt": prompt,
        "history": history,
        "compare": compared(page, app),
        "settings": f"{app}/settings",
    }


def compared(page: Page, app: str) -> str:
    """The address of the example comparison, answered."""
    go(page, app)
    click(page, "home-compare-example")
    expect(page.locator(".wb-row")).to_have_count(10, timeout=60_000)
    settled(page)
    return page.url


def take(
    browser: Browser, address: str, file: Path, size: str, scheme: str, locale: str = "en-US"
) -> None:
    """One picture."""
    width, height = SIZES[size]
    if size == "desktop":
        height += TALLER.get(file.name.partition("-")[0], 0)
    context = browser.new_context(
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
        timezone_id="Asia/Tokyo",
    )
    page = context.new_page()
    go(page, address)
    # Widgets come in pieces; a grey box is one that has not come yet.
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=30_000)
    page.wait_for_timeout(600)  # fonts and transitions
    save(page, file)
    context.close()


def save(page: Page, file: Path) -> None:
    """The visible part, with few colours."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
