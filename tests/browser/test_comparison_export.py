"""An exported comparison, opened from disk: it fetches nothing, runs nothing, and is read by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from core.comparison.export_html import export_html
from core.comparison.view_data import view_of
from core.records.comparisons import Candidate, ComparedInput, Comparison
from core.records.prompts import PromptSpec
from tests.browser.hostile_payloads import payloads
from tests.core.comparison.making import NOON, answered, verdict

HOSTILE = payloads()
ROWS = 20
ANSWERS = {
    "ja": (
        ("返品は11月25日まで、料金は１，０００円です。", "返品は11月30日まで、料金は1,000円です。"),
        ("同じ回答です。", "同じ回答です。"),
        ("承知しました。田中様にお伝えします。", "承知した。お伝えする。"),
    ),
    "en": (
        ("Return it by Nov 25, 2026. It costs $10.", "Return it by Nov 30, 2026. It costs $10."),
        ("The same answer.", "The same answer."),
        ("I will tell Mr. Smith.", "It will be passed on."),
    ),
}


def hostile_file(place: Path) -> Path:
    """Every text that a person, a model or a service writes is hostile."""
    made = Comparison(
        "cmp",
        HOSTILE[0],
        tuple(Candidate(f"c{n}", HOSTILE[n], PromptSpec(), f"sandbox:{HOSTILE[n + 3]}") for n in range(3)),
        tuple(
            ComparedInput(f"i{n}", HOSTILE[n], {HOSTILE[n]: HOSTILE[n + 9]}, reference=HOSTILE[n + 5])
            for n in range(ROWS)
        ),
        1, False, 7, NOON, HOSTILE[7],
    )  # fmt: skip
    cells = [
        answered(row.key, column.key, "\n\n".join(HOSTILE[(10 * at + c) % 200 :][:10]))
        for at, row in enumerate(made.inputs)
        for c, column in enumerate(made.candidates)
    ]
    verdicts = [verdict(n, "left", row="i1", by=HOSTILE[n]) for n in range(1, 4)]
    view = view_of(made, cells, verdicts, HOSTILE[9], language="en", notices=[HOSTILE[7]])
    file = place / "hostile.html"
    file.write_text(export_html(view), "utf-8")
    return file


def calm_file(place: Path, language: str) -> Path:
    rows = ANSWERS[language]
    made = Comparison(
        "cmp", "Returns",
        tuple(Candidate(f"c{n}", f"Candidate {n}", PromptSpec(), f"sandbox:flash-{n}") for n in (1, 2)),
        tuple(
            ComparedInput(f"i{n}", f"Row {n}", {"q": f"Question {n}?"}, reference=text)
            for n, (text, _) in enumerate(rows, 1)
        ),
        2, False, 7, NOON, "aiko",
    )  # fmt: skip
    cells = []
    for number, (left, right) in enumerate(rows, 1):
        chunks = [(200 * at, 3) for at in range(1, 1 + -(-len(left) // 3))]
        cells += [
            answered(f"i{number}", "c1", left, 1, chunks=chunks),
            answered(f"i{number}", "c1", left + "!", 2, chunks=chunks),
            answered(f"i{number}", "c2", right),
        ]
    cells[4] = answered("i2", "c1", rows[1][0], 2)
    file = place / f"calm-{language}.html"
    file.write_text(export_html(view_of(made, cells, language=language)), "utf-8")
    return file


class Watch:
    """Records what a file must not do."""

    def __init__(self, context: BrowserContext) -> None:
        self.foreign: list[str] = []
        self.errors: list[str] = []
        context.route(re.compile("^(?!file:)"), self._refuse)
        context.on("dialog", lambda dialog: (self.errors.append(dialog.message), dialog.dismiss()))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _refuse(self, route: Route) -> None:
        self.foreign.append(route.request.url)
        route.abort()

    def check(self, page: Page) -> None:
        found = page.evaluate(
            """() => ({
              pwned: window.pwned ?? null,
              embedded: [...document.querySelectorAll(
                'iframe, object, embed, video, audio, base, img, image, form, link, a, style + style')]
                .map((one) => one.outerHTML.slice(0, 200)),
              scripts: document.scripts.length,
            })"""
        )
        assert found == {"pwned": None, "embedded": [], "scripts": 3}
        assert self.foreign == []
        assert self.errors == []


@pytest.fixture(params=[False, True], ids=["with its policy", "without its policy"])
def watched(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """Without the policy too: it would hide a sink that is open."""
    context = browser.new_context(bypass_csp=request.param, viewport={"width": 1400, "height": 900})
    yield context
    context.close()


def opened(page: Page, file: Path, fragment: str = "") -> None:
    page.goto(f"{file.as_uri()}{fragment}")
    expect(page.get_by_role("grid")).to_be_attached()


def cell(page: Page, row: int, column: int) -> str:
    return page.locator(".wb-row").nth(row - 1).locator(".wb-cell").nth(column - 1).inner_text()


def test_hostile_answers_are_only_text(watched: BrowserContext, tmp_path: Path) -> None:
    watch, page = Watch(watched), watched.new_page()
    opened(page, hostile_file(tmp_path))
    rows = page.locator(".wb-row")
    expect(rows).to_have_count(ROWS)
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE[0])
    for base in ("0", "reference", ""):
        page.locator("#wb-base").select_option(base)
        for row in (0, ROWS // 2, ROWS - 1):
            rows.nth(row).scroll_into_view_if_needed()
        watch.check(page)
    for more in page.get_by_role("button", name="Show all").all()[:6]:
        more.evaluate("(one) => one.click()")
    expect(page.locator(".wb-text").first).to_contain_text(HOSTILE[0])
    page.get_by_role("button", name="Present").first.click()
    page.keyboard.press("4")
    expect(page.locator(".wb-presenter")).to_have_attribute("data-state", "done")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    watch.check(page)


def test_the_policy_stops_whatever_would_get_in(context: BrowserContext, tmp_path: Path) -> None:
    watch, page = Watch(context), context.new_page()
    opened(page, hostile_file(tmp_path))
    blocked = page.evaluate(
        """() => new Promise((resolve) => {
          const blocked = new Set()
          document.addEventListener('securitypolicyviolation', (event) => {
            blocked.add(event.effectiveDirective)
            if (blocked.size === 3) resolve([...blocked].sort())
          })
          const script = document.createElement('script')
          script.textContent = 'window.pwned = 1'
          const style = document.createElement('style')
          style.textContent = 'body { display: none }'
          document.body.append(script, style,
            Object.assign(new Image(), { src: 'http://evil.test/x.png' }))
        })"""
    )
    assert blocked == ["img-src", "script-src-elem", "style-src-elem"]
    assert page.evaluate("window.pwned ?? null") is None
    assert watch.foreign == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_differences_are_read_by_keyboard(page: Page, tmp_path: Path, language: str) -> None:
    opened(page, calm_file(tmp_path, language))
    page.keyboard.press("Tab")
    expect(page.locator("#wb-base")).to_be_focused()
    page.keyboard.press("ArrowDown")  # the reference
    page.keyboard.press("ArrowDown")  # column A
    expect(page.locator("#wb-base")).to_have_value("0")
    first = page.locator(".wb-row").first.locator(".wb-cell").nth(1)
    expect(first.locator("del")).to_contain_text(["25"])
    expect(first.locator("ins")).to_contain_text(["30"])
    missing, only = (
        ("ここにない", "ここだけ") if language == "ja" else ("missing here", "only here")
    )
    dates = ("11月25日", "11月30日") if language == "ja" else ("Nov 25, 2026", "Nov 30, 2026")
    expect(first).to_contain_text(f"{missing}: {dates[0]}")
    expect(first).to_contain_text(f"{only}: {dates[1]}")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    shown = page.locator(".wb-row").filter(visible=True)
    expect(shown).to_have_count(2)
    expect(page.get_by_role("status").first).to_contain_text("2")
    page.keyboard.press("Space")
    expect(shown).to_have_count(3)


def test_cells_are_walked_with_the_arrow_keys(page: Page, tmp_path: Path) -> None:
    opened(page, calm_file(tmp_path, "en"))
    page.locator(".wb-cell").first.focus()
    for key, place in (
        ("ArrowRight", "B1"),
        ("ArrowDown", "B2"),
        ("ArrowLeft", "A2"),
        ("ArrowUp", "A1"),
    ):
        page.keyboard.press(key)
        expect(page.locator(":focus")).to_have_attribute("data-place", place)
    # Of all cells only one is a stop on the way through the page.
    assert page.locator(".wb-cell[tabindex='0']").count() == 1


def test_repeats_fold_with_their_wordings_one_press_away(page: Page, tmp_path: Path) -> None:
    opened(page, calm_file(tmp_path, "en"))
    first = page.locator(".wb-cell").first
    expect(first).to_contain_text("2 distinct of 2")
    first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Next wording")
    page.keyboard.press("Enter")
    expect(first.locator(".wb-text")).to_have_text(f"{ANSWERS['en'][0][0]}!")
    expect(first).to_contain_text("2/2")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Next wording")
    expect(page.locator(".wb-row").nth(1)).to_contain_text("identical in all columns")


def test_the_presenter_replays_a_scene_by_its_address(page: Page, tmp_path: Path) -> None:
    file = calm_file(tmp_path, "ja")
    # The page's time passes only when told: a busy machine would be late for the middle of a scene.
    page.clock.install(time=0)
    page.clock.pause_at(1)
    opened(page, file, "#scene=3")
    stage = page.locator(".wb-presenter")
    spoken = stage.locator(".wb-spoken")
    expect(stage).to_be_visible()
    expect(stage.get_by_role("status")).to_have_text("場面 3／3")
    expect(stage.locator("footer")).to_contain_text("毎秒60文字と仮定")
    # Token by token: what is there is the beginning of the answer.
    for _ in range(100):
        page.clock.run_for(20)
        if spoken.first.inner_text().startswith("承知しま"):
            break
    else:
        raise AssertionError("nobody spoke")
    assert ANSWERS["ja"][2][0].startswith(spoken.first.inner_text())
    page.keyboard.press("Space")
    expect(stage).to_have_attribute("data-state", "paused")
    assert spoken.first.inner_text() != ANSWERS["ja"][2][0]
    page.keyboard.press("4")
    page.keyboard.press("Space")
    page.clock.run_for(60_000)
    expect(stage).to_have_attribute("data-state", "done")
    expect(spoken.first).to_have_text(ANSWERS["ja"][2][0])
    expect(spoken.nth(1)).to_have_text(ANSWERS["ja"][2][1])
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(f"{file.as_uri()}#scene=2")
    expect(stage.get_by_role("status")).to_have_text("場面 2／3")
    page.go_back()
    expect(stage.get_by_role("status")).to_have_text("場面 3／3")
    page.keyboard.press("Escape")
    expect(stage).not_to_be_visible()
    expect(page).to_have_url(f"{file.as_uri()}#")


def test_without_scripts_every_answer_is_in_a_table(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(calm_file(tmp_path, "en").as_uri())
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("cell", name=ANSWERS["en"][0][1])).to_be_visible()
    context.close()


def test_on_paper_it_is_the_table(page: Page, tmp_path: Path) -> None:
    opened(page, calm_file(tmp_path, "ja"))
    page.emulate_media(media="print")
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("grid")).not_to_be_visible()


def test_on_a_phone_nothing_but_the_grid_scrolls_sideways(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    opened(page, calm_file(tmp_path, "ja"))
    sizes = page.evaluate(
        """() => {
          const grid = document.querySelector('.wb-scroll')
          return {
            page: document.documentElement.scrollWidth,
            column: document.querySelector('.wb-cell').offsetWidth / grid.clientWidth,
            wider: grid.scrollWidth > grid.clientWidth,
          }
        }"""
    )
    assert sizes["page"] <= 390
    assert sizes["wider"]
    assert 0.8 < sizes["column"] < 0.95
    context.close()
