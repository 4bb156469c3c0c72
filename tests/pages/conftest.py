from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

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
def environment(
    sandbox_url: str, workspace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.MonkeyPatch]:
    """A process that has no workbench open and no key; the test may set variables first."""
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_ENTERPRISE",
                 "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_CLOUD_PROJECT"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORKBENCH_DB", str(tmp_path / "w.duckdb"))
    monkeypatch.setenv("WORKBENCH_SANDBOX_URL", sandbox_url)
    monkeypatch.setenv("WORKBENCH_PERSON", "tester")
    workbench.close_current()
    yield monkeypatch
    workbench.close_current()


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
