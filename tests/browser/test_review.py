"""A round from its form to its results: two people in browsers, by keyboard, blind."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from core.access import local_person
from core.datasets.datasets import Datasets
from core.records.datasets import Case
from core.records.review import RoundSettings
from core.store import Store
from tests.browser.axe import AXE, violations
from tests.browser.driving import click, popover, press, ran
from tests.browser.running import go, running_app, settled
from tests.faults.kill_review_child import opened

SECRETS = ("alpha-model", "beta-model")
CUT_OFF = """() => [...document.querySelectorAll('.st-key-review-skips button *')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)
  .map((one) => one.textContent)"""


class Place(NamedTuple):
    """Where the app is, and the link to a round of pairs that is ready there."""

    address: str
    link: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The app over a dataset with the answers of two models, and a round made of it."""
    database: Path = tmp_path_factory.mktemp("review") / "w.duckdb"
    store = Store.open(database)
    rows = [
        Case(
            f"t{n}",
            {
                "prompt": f"お客様 {n} からの問い合わせです。",
                SECRETS[0]: f"お客様 {n}、申し訳ございません。本日中に確認いたします。",
                SECRETS[1]: f"お客様 {n}、確認します。",
            },
        )
        for n in range(5)
    ]
    version = Datasets(store).create("replies", rows, actor="ada", source="test")
    reviews, ada = opened(store), local_person("ada")
    settings = RoundSettings("Which reply is kinder?", "pair", reviewers=2)
    made = reviews.create_round(reviews.from_dataset(version.id, settings, SECRETS), ada)
    _invite, token = reviews.invite(made.id, ada)
    store.close()
    with running_app(database, {"WORKBENCH_PERSON": "ada"}) as address:
        yield Place(address, f"{address}/review?round={made.id}&invite={token}")


def choose(page: Page, name: str, option: str) -> None:
    """Choose from a list by its label."""
    page.get_by_role("combobox", name=name, exact=True).click(delay=50)
    page.get_by_role("option", name=option, exact=True).click(delay=50)
    ran(page)


def invited(page: Page, address: str) -> str:
    """Make a round of pairs by its form; returns the link for reviewers."""
    go(page, f"{address}/review?view=new")
    page.get_by_role("radio", name="A dataset with answers").or_(
        page.get_by_role("button", name="A dataset with answers")
    ).first.click(delay=50)
    expect(page.get_by_role("combobox", name="One", exact=True)).to_be_visible(timeout=15_000)
    choose(page, "One", SECRETS[0])
    choose(page, "The other", SECRETS[1])
    page.locator(".st-key-review-create button").click(delay=50)
    expect(page.get_by_text("5 items").first).to_be_visible(timeout=20_000)
    body = popover(page, "Invite")
    body.get_by_role("button", name="Make a link").click(delay=50)
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode")
    expect(link).to_contain_text("invite=", timeout=15_000)
    return link.inner_text().strip()


def left(page: Page) -> Locator:
    """The left answer."""
    return page.locator(".side").first


def come(page: Page, link: str, name: str) -> None:
    """Open the link and say who one is."""
    go(page, link)
    page.locator(".st-key-review-name-field input").fill(name)
    page.keyboard.press("Enter")
    expect(left(page)).to_be_visible(timeout=20_000)
    settled(page)


def judge(page: Page, key: str) -> None:
    """Read, press, and wait for the next item or for the end."""
    before = page.locator("[class*='st-key-review-text-prompt']").inner_text()
    page.wait_for_timeout(500)
    page.keyboard.press(key)
    text = page.locator("[class*='st-key-review-text-prompt']")
    expect(text.get_by_text(before.splitlines()[-1], exact=True)).to_have_count(0, timeout=15_000)


def test_a_round_from_its_form_to_its_agreement(place: Place, page: Page, browser: Browser) -> None:
    link = invited(page, place.address)
    desk = browser.new_context(locale="en-US", viewport={"width": 1300, "height": 1400})
    phone = browser.new_context(
        locale="ja-JP", viewport={"width": 390, "height": 1500}, has_touch=True, is_mobile=True
    )
    first, second = desk.new_page(), phone.new_page()
    come(first, link, "Ren")
    come(second, link, "花子")
    expect(second.get_by_role("button", name="左が良い")).to_be_visible()
    for one in (first, second):
        expect(one.get_by_test_id("stSidebarNavLink")).to_have_count(0)
        assert not [word for word in SECRETS if word in one.content()]

    mark = first.get_by_role("button", name="Mark the selected text").first
    expect(mark).to_be_disabled()
    left(first).locator("span").first.select_text()
    expect(mark).to_be_enabled()
    mark.click()
    expect(first.locator(".marked")).to_have_count(1)
    judge(first, "1")
    expect(first.locator(".marked")).to_have_count(0)
    judge(first, "5")
    first.locator(".st-key-review-more summary").click(delay=50)
    comment = first.get_by_label("Comment", exact=True)
    comment.click()
    first.keyboard.type("3 of 5, 1st")
    expect(comment).to_have_value("3 of 5, 1st")
    expect(first.get_by_text("You have judged 2 of 5").first).to_be_visible()
    first.locator("h1").click()
    judge(first, "3")
    expect(first.get_by_text("You have judged 3 of 5").first).to_be_visible()
    first.keyboard.press("ArrowLeft")
    expect(first.get_by_text("You have judged 2 of 5").first).to_be_visible(timeout=15_000)
    expect(first.get_by_label("Comment", exact=True).first).to_have_value("3 of 5, 1st")

    judge(first, "3")
    for _ in range(3):
        before = second.locator(".side").first.inner_text()
        second.wait_for_timeout(500)
        second.locator("[class*='st-key-review-choice-same'] button").first.tap()
        expect(second.locator(".side").first).not_to_have_text(before, timeout=15_000)
    desk.close()
    phone.close()

    page.reload()
    settled(page)
    expect(page.get_by_text("6 of 10 verdicts").first).to_be_visible(timeout=15_000)
    click(page, "review-close")
    expect(page.get_by_text("Closed to verdicts").first).to_be_visible(timeout=15_000)
    page.get_by_role("radio", name="Results").or_(
        page.get_by_role("button", name="Results")
    ).first.click(delay=50)
    expect(page.get_by_text("Krippendorff's alpha").first).to_be_visible(timeout=15_000)
    expect(page).to_have_url(re.compile("view=results"))


@pytest.mark.skipif(not AXE.exists(), reason="npm is not installed here")
def test_a_reviewers_pages_have_no_serious_barrier(place: Place, browser: Browser) -> None:
    link = place.link
    desk = browser.new_context(
        locale="en-US", color_scheme="light", viewport={"width": 1300, "height": 1400}
    )
    phone = browser.new_context(
        locale="ja-JP", color_scheme="dark", viewport={"width": 390, "height": 1500},
        has_touch=True, is_mobile=True,
    )  # fmt: skip
    for context, name in ((desk, "Ai"), (phone, "次郎")):
        one = context.new_page()
        go(one, link)
        assert violations(one) == []
        come(one, link, name)
        one.locator(".st-key-review-more summary").click(delay=50)
        expect(one.locator("[class*='st-key-review-comment'] textarea").first).to_be_visible()
        assert violations(one) == []
        press(
            one.locator("[class*='st-key-review-skip-'] button").first,
            one.locator(".st-key-review-skips button").first,
        )
        expect(one.locator(".st-key-review-skips button")).to_have_count(6)
        assert violations(one) == []
        # A reason for skipping can be read to its end on the smallest screen.
        assert one.evaluate(CUT_OFF) == []
        context.close()


def test_a_lost_connection_loses_neither_verdict_nor_comment(place: Place, page: Page) -> None:
    streams: list[WebSocketRoute] = []
    cut = threading.Event()

    def stream(socket: WebSocketRoute) -> None:
        if cut.is_set():
            socket.close()
            return
        socket.connect_to_server()
        streams.append(socket)

    page.route_web_socket("**/_stcore/stream*", stream)
    come(page, place.link, "Noa")
    page.locator(".st-key-review-more summary").click(delay=50)
    comment = page.get_by_label("Comment", exact=True)
    comment.fill("written before it was lost")
    shown = left(page).inner_text()
    cut.set()
    for one in streams:
        one.close()
    choice = page.locator("[class*='st-key-review-choice-left'] button")
    expect(choice).to_be_disabled()
    page.locator("h1").click()
    page.keyboard.press("1")
    cut.clear()
    expect(choice).to_be_enabled(timeout=30_000)
    settled(page)
    # What could not be sent was not counted, and nobody was told that it was.
    expect(page.get_by_text("You have judged 0 of 5").first).to_be_visible()
    expect(left(page)).to_have_text(shown)
    judge(page, "1")
    expect(page.get_by_text("You have judged 1 of 5").first).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("You have judged 0 of 5").first).to_be_visible()
    expect(page.get_by_label("Comment", exact=True)).to_have_count(1)
    expect(page.get_by_label("Comment", exact=True).first).to_have_value(
        "written before it was lost"
    )
