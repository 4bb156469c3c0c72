"""What the benchmarks know about the Prompt and History pages: one place to follow their keys."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page

PAGES = ("Home", "Prompt", "History", "Compare", "Settings")
WARM_UP_S = 8.0


@dataclass(frozen=True, slots=True)
class Click:
    """A click that makes the page run again: where it is, and what a session sends for it.

    The widget's key begins with `prefix` and ends with `suffix`; what is between them differs
    from session to session. With `several` there are more of them, clicked in turn. `values` are
    fields of Streamlit's WidgetState, sent in turn. `inside` names an expander to open first.
    """

    page: str
    prefix: str
    suffix: str
    what: str
    selector: str
    values: tuple[Mapping[str, Any], ...]
    several: int = 1
    inside: str = ""

    def locate(self, page: Page, turn: int) -> Locator:
        """The thing to click in a browser."""
        ends = [part.replace(".", "-") for part in (f"st-key-{self.prefix}", self.suffix) if part]
        widget = "".join(f'[class*="{end}"]' for end in ends)
        return page.locator(f"{widget} {self.selector}").nth(turn % self.several)

    def reveal(self, page: Page) -> None:
        """Open the expander that it is in."""
        if self.inside:
            page.get_by_text(self.inside, exact=True).first.click()

    def key(self, keys: Iterable[str], turn: int) -> str:
        """Its key among those of a session."""
        found = [k for k in keys if k.startswith(self.prefix) and k.endswith(self.suffix)]
        return found[turn % self.several]

    def value(self, turn: int) -> Mapping[str, Any]:
        """What a session sends."""
        return self.values[turn % len(self.values)]


SEARCH = Click(
    page="prompt",
    prefix="prompt.",
    suffix=".google_search",
    what="the switch for Google Search, which also saves the draft",
    selector="label",
    values=({"bool_value": True}, {"bool_value": False}),
    inside="Tools",
)
CHOOSE = Click(
    page="history",
    prefix="history.open.",
    suffix="",
    what="a run in the list, which shows its prompt, output and memo",
    selector="button",
    values=({"trigger_value": True},),
    several=2,
)
CLICKS = (SEARCH, CHOOSE)


def wait_until_warm(url: str) -> None:
    """Wait until the app has imported what it imports after the first page."""
    urllib.request.urlopen(f"{url}/_stcore/health", timeout=10).close()
    time.sleep(WARM_UP_S)


def start_streams(page: Page, url: str, streams: int) -> None:
    """Ask for so many answers at once."""
    page.goto(f"{url}/prompt")
    page.get_by_label("User message").fill("Tell me everything. 全部教えてください。")
    times = page.get_by_label("Times", exact=True)
    times.fill(str(streams))
    times.press("Tab")
    page.wait_for_timeout(500)
    page.locator(".st-key-prompt-run button").first.click(delay=50)


def go_to_history(page: Page) -> None:
    """Follow the link in the navigation."""
    page.get_by_role("link", name="History").click(delay=50)
    page.get_by_role("heading", name="History").wait_for()
