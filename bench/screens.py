"""What the benchmarks know about the Prompt and History pages: one place to follow their keys."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

PAGES = ("Home", "Prompt", "History", "Settings")
WARM_UP_S = 1.0


@dataclass(frozen=True, slots=True)
class Click:
    """A click that only makes the page run again: where it is, and what a session sends for it.

    `values` are fields of Streamlit's WidgetState, sent in turn.
    """

    page: str
    key: str
    what: str
    selector: str
    values: tuple[Mapping[str, Any], ...]


PROMPT_CLICK = Click(
    "prompt", "prompt.toggle", "a toggle", "label", ({"bool_value": True}, {"bool_value": False})
)
HISTORY_CLICK = Click("history", "history.next", "Next", "button", ({"trigger_value": True},))
CLICKS = (PROMPT_CLICK, HISTORY_CLICK)


def wait_until_warm(url: str) -> None:
    """Wait until the app has imported what it imports after the first page."""
    urllib.request.urlopen(f"{url}/_stcore/health", timeout=10).close()
    time.sleep(WARM_UP_S)


def start_streams(page: Page, url: str, streams: int) -> None:
    """Ask `MODEL` for so many answers at once."""
    page.goto(f"{url}/prompt")
    page.get_by_label("Repeat").fill(str(streams))
    page.get_by_label("Repeat").press("Enter")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Run", exact=True).click(delay=50)


def go_to_history(page: Page) -> None:
    """Follow the link in the navigation."""
    page.get_by_role("link", name="History").click(delay=50)
    page.get_by_role("heading", name="History").wait_for()
