"""What holds for all tests, and the workspace that most of them open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from core import workbench as current
from core.config import Settings
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench
from tests.workspace import REAL, Make, environment_of, maker_of, settings_of

# A busy machine is slow to make examples, which says nothing about the code.
hypothesis_settings.register_profile(
    "workbench", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip
hypothesis_settings.load_profile("workbench")


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """One sandbox for all tests of a process; it obeys fault marks. Slower ones start their own."""
    process = SandboxProcess.start(
        SandboxSettings(latency_ms=1, chunk_rate=1000, faults=True, batch_s=0.4)
    )
    yield process.base_url
    process.stop()


class Made(NamedTuple):
    """A closed workspace, and what its maker returned."""

    folder: Path
    value: Any


@pytest.fixture(scope="session")
def made(sandbox_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Make], Made]:
    """Fills a workspace, the first time that it is asked for."""

    @cache
    def make_once(make: Make) -> Made:
        folder = tmp_path_factory.mktemp(make.__name__)
        bench = Workbench.open(settings_of(sandbox_url, folder))
        try:
            return Made(folder, make(bench))
        finally:
            bench.close()

    return make_once


@pytest.fixture
def workspace(request: pytest.FixtureRequest, made: Callable[[Make], Made], tmp_path: Path) -> Any:
    """Puts a copy of what the test asks for in place, before anybody opens it."""
    found = made(maker_of(request))
    shutil.copytree(found.folder, tmp_path, dirs_exist_ok=True)
    return found.value


@pytest.fixture
def settings(sandbox_url: str, workspace: Any, tmp_path: Path) -> Settings:
    """A file of its own, over the sandbox, without any real connection."""
    return settings_of(sandbox_url, tmp_path)


@pytest.fixture
def bench(settings: Settings) -> Iterator[Workbench]:
    """The workbench on it."""
    opened = Workbench.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def environment(
    sandbox_url: str, workspace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.MonkeyPatch]:
    """A process that has no workbench open and no key; a test may set variables first."""
    for name in [name for name in os.environ if name.startswith(REAL)]:
        monkeypatch.delenv(name)
    for name, value in environment_of(sandbox_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    current.close_current()
    yield monkeypatch
    current.close_current()
