"""Sign-in by OpenID Connect: roles by address, a reviewer's bare app, the end of a sign-in."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.identity_provider import CLIENT, Provider, identity_provider
from tests.browser.running import ROOT, go, running_app, settled
from tests.peers.aimock import free_port

pytest.importorskip("authlib", reason="streamlit[auth] is not installed")

ROLES = """[access]
admins = ["ada@example.com"]
reviewers = ["hana@example.com"]
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with identity_provider() as running:
        yield running


@pytest.fixture(scope="module")
def signed(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app, from a copy that has an `[auth]` section and roles of its own."""
    copy = tmp_path_factory.mktemp("copy") / "app"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    port = free_port()
    address = f"http://localhost:{port}"
    (copy / ".streamlit" / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "{address}/oauth2callback"\n'
        f'cookie_secret = "{"x" * 40}"\nclient_id = "{CLIENT}"\nclient_secret = "none"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n',
        "utf-8",
    )
    roles = copy.parent / "admin.toml"
    roles.write_text(ROLES, "utf-8")
    environ = {"PORT": str(port), "WORKBENCH_ADMIN_FILE": str(roles), "HOST": "127.0.0.1"}
    with running_app(copy.parent / "w.duckdb", environ, folder=copy):
        yield address


def sign_in(page: Page, address: str, provider: Provider, email: str) -> None:
    """Come in as this address."""
    provider.email = email
    page.goto(address)
    button = page.get_by_role("button", name="Sign in")
    expect(button).to_be_visible(timeout=30_000)
    button.click(delay=50)
    expect(button).to_be_hidden(timeout=30_000)
    settled(page)


def test_an_admin_has_every_page_and_the_audit_log(
    signed: str, provider: Provider, page: Page
) -> None:
    sign_in(page, signed, provider, "ada@example.com")
    expect(page.get_by_role("link", name="History").first).to_be_visible(timeout=20_000)
    page.goto(f"{signed}/settings")
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Sign out").first.click(delay=50)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)


def test_a_reviewer_sees_nothing_but_reviews(signed: str, provider: Provider, page: Page) -> None:
    sign_in(page, signed, provider, "hana@example.com")
    expect(page.get_by_text("There is nothing to review for you").first).to_be_visible(
        timeout=30_000
    )
    expect(page.get_by_role("link", name="History")).to_have_count(0)
    page.goto(f"{signed}/history")
    expect(page.get_by_text("There is nothing to review for you").first).to_be_visible(
        timeout=30_000
    )


def test_somebody_without_a_role_is_told_so(signed: str, provider: Provider, page: Page) -> None:
    sign_in(page, signed, provider, "eve@example.com")
    for name in ("", "prompt", "history", "datasets", "evaluate", "leaderboard", "review",
                 "models", "migrate", "settings"):  # fmt: skip
        go(page, f"{signed}/{name}")
        expect(page.get_by_text("may not do this")).to_have_count(0)
    expect(page.get_by_text("You may look at everything and change nothing").first).to_be_visible(
        timeout=30_000
    )
    expect(page.get_by_role("heading", name="Audit log")).to_have_count(0)


def test_an_address_that_nobody_confirmed_is_none(
    signed: str, provider: Provider, page: Page
) -> None:
    provider.verified = False
    try:
        sign_in(page, signed, provider, "ada@example.com")
        expect(page.get_by_text("no confirmed e-mail address").first).to_be_visible(timeout=30_000)
    finally:
        provider.verified = True


def test_a_sign_in_that_has_ended_is_asked_for_again(
    signed: str, provider: Provider, browser: Browser
) -> None:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    provider.seconds = 12
    try:
        sign_in(page, signed, provider, "ada@example.com")
        page.wait_for_timeout(13_000)
        page.get_by_role("link", name="History").first.click(delay=50)
        expect(page.get_by_text("Your sign-in has ended").first).to_be_visible(timeout=30_000)
    finally:
        provider.seconds = 3600
        context.close()
