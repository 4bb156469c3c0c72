from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.sandbox.process import SandboxProcess


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[str]:
    """One as fast as the file's SANDBOX says. It outlives the killed, as a real service would."""
    process = SandboxProcess.start(request.module.SANDBOX)
    yield process.base_url
    process.stop()
