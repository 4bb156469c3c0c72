"""What holds for all tests, and the workspace that most of them open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from core.config import Settings
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench
from tests.workspace import settings_of

# A busy machine is slow to make examples, which says nothing about the code.
hypothesis_settings.register_profile(
    "workbench", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip
hypothesis_settings.load_profile("workbench")


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """One sandbox for all tests of a process; it obeys fault marks. Slower ones start their own."""
    process = SandboxProcess.start(SandboxSettings(latency_ms=1, chunk_rate=1000, faults=True))
    yield process.base_url
    process.stop()


@pytest.fixture
def settings(sandbox_url: str, tmp_path: Path) -> Settings:
    """A file of its own, over the sandbox, without any real connection."""
    return settings_of(sandbox_url, tmp_path)


@pytest.fixture
def bench(settings: Settings) -> Iterator[Workbench]:
    """The workbench on it."""
    opened = Workbench.open(settings)
    yield opened
    opened.close()
