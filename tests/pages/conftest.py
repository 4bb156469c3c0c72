from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core import workbench
from core.samples import FILLED
from core.workbench import Workbench

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def installed_components() -> Iterator[None]:
    """AppTest reads the metadata of every installed package for each test; once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            manifest_scanner,
            "scan_component_manifests",
            cache(manifest_scanner.scan_component_manifests),
        )
        yield


@pytest.fixture
def environment(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """With somebody in front of it who is nobody's author."""
    environment.setenv("WORKBENCH_PERSON", "tester")
    return environment


@pytest.fixture
def bench(environment: pytest.MonkeyPatch) -> Workbench:
    """The workspace: empty, unless the test asks for one that was made."""
    opened = workbench.current()
    opened.store.settings.put(FILLED, True)
    return opened


@pytest.fixture
def open_page(bench: Workbench) -> Open:
    """Opens a page by its address, as a browser that prefers English does."""

    def open_(name: str, **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
        at.query_params.update(query)
        return at.switch_page(f"pages/{name}.py").run()

    return open_
