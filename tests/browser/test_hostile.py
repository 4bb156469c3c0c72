"""What people paste and models answer is shown as text: nothing of it fetches, runs or leads away."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Request as Asked

from core.access import local_person
from core.config import Settings
from core.prompts.authoring import Authoring
from core.records.comparisons import Candidate, CellKey, CellProblem, ComparedInput
from core.records.datasets import Case
from core.records.prompts import Part, PromptSpec, Turn, ValueSet
from core.records.review import Judgement, Nothing, ReviewExample, RoundSettings
from core.records.runs import CallContext, Failure, Reply, Request
from core.samples import FILLED
from core.store import Store
from core.workbench import Workbench
from tests.browser.driving import popover, ran
from tests.browser.hostile_payloads import EVIL, payloads
from tests.browser.running import running_app, settled

BATCH = 20
ALL = payloads()
BATCHES = [ALL[start : start + BATCH] for start in range(0, len(ALL), BATCH)]


class Hostile:
    """A workspace in which every text that a person or a model writes is hostile."""

    def __init__(self, database: Path) -> None:
        self.addresses: list[str] = []
        store = Store.open(database)
        try:
            store.settings.put(FILLED, True)
            for number, batch in enumerate(BATCHES):
                self.fill(store, number, batch)
        finally:
            store.close()

    def fill(self, store: Store, number: int, batch: list[str]) -> None:
        authoring = Authoring(store)
        whole = "\n\n".join(batch)
        spec = PromptSpec(
            system=whole,
            turns=(Turn("user", (Part(whole),)), Turn("model", (Part(whole),)),
                   Turn("user", (Part(whole),))),
            value_sets=tuple(ValueSet(text[:60], {"問い合わせ": text}) for text in batch),
            response_schema=batch[0],
            model=f"sandbox:{batch[1]}"[:100],
        )  # fmt: skip
        for extra in batch[1:]:
            authoring.save_new(f"{number} {extra}"[:200], PromptSpec(), actor=extra[:80])
        version = authoring.save_new(
            f"{number} {batch[0]}"[:200], spec, actor=batch[2][:80], message=whole[:2000],
            memo=whole,
        ).version  # fmt: skip
        authoring.write_memo("version", version.id, whole, actor=batch[3][:80])
        for text in batch:
            authoring.label(version.id, re.sub(r"[\s@]", "", text)[:60], actor=text[:80])
        second = authoring.save_version(
            version.prompt_id, PromptSpec(system=whole[::-1]), actor="x", message=whole[-2000:]
        ).version
        runs = [self.run(store, batch, whole, spec, version.prompt_id, version.id, failed)
                for failed in (False, True)]  # fmt: skip
        authoring.write_memo("run", runs[0], whole, actor=batch[4][:80])
        self.addresses += [
            f"/prompt?prompt={version.prompt_id}&group={store.runs.get(runs[0]).context.group_id}"
            f"&group={store.runs.get(runs[1]).context.group_id}",
            f"/history?run={runs[0]}",
        ]
        if number % 3 == 0:
            compared = f"/compare?comparison={self.compare(store, batch, whole, spec)}"
            self.addresses += [compared, f"{compared}&view=judge"]
            self.addresses += [
                f"/prompt?version={second.id}",
                f"/history?run={runs[1]}&with={runs[0]}",
                f"/history?prompt={version.prompt_id}&view=timeline",
            ]

    @staticmethod
    def compare(store: Store, batch: list[str], whole: str, spec: PromptSpec) -> str:
        """A comparison of two columns and two rows; one cell came to nothing."""
        columns = [Candidate(key, text[:100], spec, f"sandbox:{text}"[:100])
                   for key, text in zip("ab", batch, strict=False)]  # fmt: skip
        rows = [ComparedInput(str(n), text[:200], {text[:60]: text}, reference=whole)
                for n, text in enumerate(batch[2:4])]  # fmt: skip
        made = store.comparisons.create(batch[4][:200], columns, rows, actor=batch[5][:80])
        store.memos.write("comparison", made.id, whole, actor=batch[6][:80])
        for row, column in (("0", "a"), ("0", "b"), ("1", "a")):
            run_id = store.new_id()
            context = CallContext(batch[7][:80], group_id=made.id, unit=f"{row}/{column}/1")
            request = Request("sandbox", batch[8][:100], spec.turns)
            reply = Reply("ok", f"{column} {whole}", served_model=batch[9][:100],
                          finish_reason=batch[10])  # fmt: skip
            store.ledger.reserve_and_send(run_id, 1, request, context, 0.0).result()
            store.ledger.settle_run(run_id, 1, reply, 0.0).result()
        problem = CellProblem("code", "{problem}", {"problem": whole})
        store.comparisons.add_problem(made.id, CellKey("1", "b", 1), problem).result()
        store.comparisons.add_verdict(made.id, "0", "a", "b", "left", actor=batch[11][:80],
                                      reasons=batch[12:14], memo=whole)  # fmt: skip
        return made.id

    @staticmethod
    def run(store: Store, batch: list[str], whole: str, spec: PromptSpec, prompt_id: str,
            version_id: str, failed: bool) -> str:  # fmt: skip
        run_id = store.new_id()
        request = Request("sandbox", batch[5][:100], spec.turns, system=whole)
        context = CallContext(
            batch[6][:80], prompt_id=prompt_id, version_id=version_id, group_id=store.new_id(),
            values={text[:60]: text for text in batch},
        )  # fmt: skip
        reply = Reply(
            "refused_by_server" if failed else "ok",
            whole,
            served_model=batch[7][:100],
            finish_reason=batch[8],
            extras={
                "thoughts": whole,
                "function_calls": [{"name": text, "args": {text: text}} for text in batch],
                "sources": [{"title": text, "uri": f"{EVIL}/{text}"} for text in batch],
                "search_queries": batch,
            },
            failure=Failure("bad_request", whole, 400) if failed else None,
        )
        store.ledger.reserve_and_send(run_id, 1, request, context, 0.0).result()
        store.ledger.settle_run(run_id, 1, reply, 0.0).result()
        return run_id


class Watch:
    """Records whatever a page does that text must not make it do."""

    def __init__(self, context: BrowserContext, app: str) -> None:
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self._own = urlsplit(app).netloc
        # Only watched: a route would switch the browser's cache off, and a name under .test leads
        # nowhere.
        context.on("request", self._note)
        context.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def _note(self, request: Asked) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != self._own:
            self.foreign.append(request.url)

    def check(self, page: Page) -> None:
        """Nothing foreign was fetched or opened, and nothing in the page could be made to."""
        found = page.evaluate(
            """() => ({
              pwned: window.pwned ?? null,
              embedded: [...document.querySelectorAll('iframe, object, embed, video, audio, base')]
                .map((one) => one.outerHTML.slice(0, 200)),
              images: [...document.querySelectorAll('img')].map((one) => one.src)
                .filter((src) => /^(https?:)?\\/\\//.test(src) && !src.startsWith(location.origin)),
              links: [...document.querySelectorAll('a[href]')].map((one) => one.href)
                .filter((href) => !href.startsWith(location.origin)),
            })"""
        )
        assert found == {"pwned": None, "embedded": [], "images": [], "links": []}, page.url
        assert self.foreign == []
        assert self.dialogs == []


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Hostile]]:
    database = tmp_path_factory.mktemp("hostile") / "w.duckdb"
    workspace = Hostile(database)
    with running_app(database) as address:
        yield address, workspace


@pytest.fixture
def unguarded(browser: Browser) -> Iterator[BrowserContext]:
    """Without the Content-Security-Policy, which would hide a sink that is open."""
    context = browser.new_context(bypass_csp=True, viewport={"width": 1400, "height": 1600})
    yield context
    context.close()


def visit(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("h1, [data-testid=stAlert]").first).to_be_visible(timeout=30_000)
    settled(page)


def test_there_are_two_hundred() -> None:
    assert len(set(ALL)) == 200


def test_no_text_fetches_runs_or_links(
    hostile: tuple[str, Hostile], unguarded: BrowserContext
) -> None:
    app, workspace = hostile
    watch, page = Watch(unguarded, app), unguarded.new_page()
    for address in (
        "/",
        "/history",
        "/settings",
        "/compare",
        "/compare?new=yes",
        *workspace.addresses,
    ):
        visit(page, app + address)
        watch.check(page)


@pytest.mark.parametrize(
    "where",
    ["/prompt?prompt={}", "/prompt?version={}", "/prompt?open={}", "/prompt?group={}", "/prompt?run={}",
     "/history?run={}", "/history?run={}&with={}", "/history?q={}", "/history?prompt={}&view=timeline",
     "/history?label={}&model={}&person={}&connection={}&version={}",
     "/compare?comparison={}&view={}&item={}&pair={}-{}", "/compare?new={}"],
)  # fmt: skip
def test_an_address_with_hostile_text_is_only_text(
    hostile: tuple[str, Hostile], unguarded: BrowserContext, where: str
) -> None:
    watch, page = Watch(unguarded, hostile[0]), unguarded.new_page()
    text = " ".join(ALL[index] for index in (0, 7, 9, 19, 21, 22, 29))
    visit(page, hostile[0] + where.replace("{}", quote(text, safe="")))
    watch.check(page)


def test_lists_of_hostile_names_are_only_text(
    hostile: tuple[str, Hostile], unguarded: BrowserContext
) -> None:
    app, _workspace = hostile
    watch, page = Watch(unguarded, app), unguarded.new_page()
    visit(page, f"{app}/prompt")
    popover(page, "Open")
    expect(page.locator("[class*='st-key-prompts-'] button").nth(50)).to_be_attached(timeout=15_000)
    watch.check(page)
    visit(page, f"{app}/history")
    popover(page, "Filters")
    ran(page)
    for name in ("prompt", "label", "model", "person"):
        box = page.locator(f".st-key-history-filter-{name} input").first
        box.click(delay=50)
        expect(page.get_by_role("option").first).to_be_visible()
        watch.check(page)
        box.press("Escape")


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A round in which every text is hostile; the addresses of its pages."""
    database = tmp_path_factory.mktemp("reviewed") / "w.duckdb"
    bench = Workbench.open(Settings.from_environment({**os.environ, "WORKBENCH_DB": str(database)}))
    try:
        ada = local_person(bench.settings.person)
        rows = [
            Case(f"{n} {batch[0]}"[:200], {"prompt": "\n\n".join(batch), "reference": batch[1],
                                          "a": "\n\n".join(batch), "b": batch[2] + batch[3]})
            for n, batch in enumerate(BATCHES)
        ]  # fmt: skip
        version = bench.datasets.create(ALL[0][:80], rows, actor=ada.name, source="test")
        settings = RoundSettings(
            ALL[7][:200], "pair", instructions="\n\n".join(ALL[:40]), show_reference=True,
            examples=(ReviewExample(ALL[8], ALL[9], ALL[10]),), reasons=tuple(ALL[:5]),
            reviewers=2, repeats=0.0,
        )  # fmt: skip
        reviews = bench.reviews
        asked = reviews.create_round(reviews.from_dataset(version.id, settings, ["a", "b"]), ada)
        _invite, token = reviews.invite(asked.id, ada, ALL[11])
        for choice in ("left", "both_bad"):
            somebody = reviews.join(token, f"<b>{choice}</b> ![x]({EVIL})")
            for _ in BATCHES[:5]:
                handed = reviews.next_item(asked.id, somebody)
                assert not isinstance(handed, Nothing)
                reviews.verdict(
                    asked.id, handed.lease_id,
                    Judgement(choice=choice, reasons=(ALL[12],), comment=ALL[0],  # type: ignore[arg-type]
                              correction=ALL[9]), somebody,
                )  # fmt: skip
        invited = f"/review?round={asked.id}&invite={token}"
        views = ("progress", "results", "splits", "judges", "feedback")
        addresses = ["/", "/settings", "/review", invited, f"{invited}&as=Ren",
                     *(f"/review?round={asked.id}&view={view}" for view in views)]  # fmt: skip
    finally:
        bench.close()
    with running_app(database) as address:
        yield address, addresses


def test_no_text_of_a_review_fetches_runs_or_links(
    reviewed: tuple[str, list[str]], unguarded: BrowserContext
) -> None:
    app, addresses = reviewed
    watch, page = Watch(unguarded, app), unguarded.new_page()
    for address in addresses:
        visit(page, app + address)
        watch.check(page)
    visit(page, app + addresses[4])
    expect(page.locator(".side").first).to_contain_text(re.compile("evil|pwned"), timeout=15_000)
    page.locator(".st-key-review-plain label").first.click(delay=50)
    expect(page.locator("[class*='st-key-review-side']").first).to_be_visible(timeout=15_000)
    watch.check(page)


def test_the_answer_is_there_to_read(hostile: tuple[str, Hostile], page: Page) -> None:
    app, workspace = hostile
    visit(page, app + next(a for a in workspace.addresses if a.startswith("/history?run")))
    shown = page.get_by_test_id("stMarkdownContainer").filter(has_text="Sign in again")
    expect(shown.first).to_contain_text(re.compile(r"http:\u2060?//evil\.test/14\.png"))
    page.get_by_role("tab", name="Raw").first.click(delay=50)
    raw = page.get_by_role("tabpanel").filter(visible=True).get_by_test_id("stCode").first
    expect(raw).to_contain_text(f"{EVIL}/14.png")


def test_the_policy_stops_what_a_page_would_fetch(app: str, context: BrowserContext) -> None:
    page, failed = context.new_page(), list[tuple[str, str | None]]()
    context.on("requestfailed", lambda one: failed.append((one.url, one.failure)))
    visit(page, app)
    blocked = page.evaluate(
        """(address) => new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', (e) => resolve(e.blockedURI))
          document.body.append(Object.assign(new Image(), { src: address }))
        })""",
        f"{EVIL}/x.png",
    )
    assert blocked == f"{EVIL}/x.png"
    assert (f"{EVIL}/x.png", "csp") in failed
