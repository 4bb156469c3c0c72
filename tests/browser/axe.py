"""The accessibility checks of axe-core, which `make test` installs with npm beside the peers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[1] / "peers" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
RUN = "() => axe.run(document, { resultTypes: ['violations'] })"


def violations(page: Page) -> list[str]:
    """What is serious about the page as it is shown now, in one line each."""
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate(RUN)
    # Rules that found something to approve of: none would mean that nothing was looked at.
    assert len(found["passes"]) > 10
    return [
        f"{one['impact']} {one['id']}: {node['target']} {node['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
