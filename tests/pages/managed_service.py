"""A workbench with a connection to the platform: a local server that reads with the SDK's types."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import workbench
from tests.core.platform.optimizer_service import JobService


@pytest.fixture
def service() -> Iterator[JobService]:
    made = JobService()
    yield made
    made.close()


@pytest.fixture
def environment(
    environment: pytest.MonkeyPatch, service: JobService
) -> Iterator[pytest.MonkeyPatch]:
    for name, text in {
        "NO_GCE_CHECK": "true", "GOOGLE_GENAI_USE_ENTERPRISE": "true",
        "GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "us-central1",
        "GOOGLE_VERTEX_BASE_URL": service.url, "STORAGE_EMULATOR_HOST": service.url,
    }.items():  # fmt: skip
        environment.setenv(name, text)
    workbench.close_current()
    yield environment
