"""A workbench on a file of its own, over one sandbox, with the sample inquiries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Settings
from core.datasets.samples import load_samples
from core.records.datasets import DatasetVersion
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    process = SandboxProcess.start(SandboxSettings(latency_ms=0, chunk_rate=1000, faults=True))
    yield process.base_url
    process.stop()


@pytest.fixture
def settings(sandbox_url: str, tmp_path: Path) -> Settings:
    real = ("GOOGLE_", "GEMINI_", "WORKBENCH_")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(real)}
    return Settings.from_environment(
        {
            **environ,
            "WORKBENCH_DB": str(tmp_path / "w.duckdb"),
            "WORKBENCH_SANDBOX_URL": sandbox_url,
            "WORKBENCH_PERSON": "ada",
        }
    )


@pytest.fixture
def bench(settings: Settings) -> Iterator[Workbench]:
    opened = Workbench.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def inquiries(bench: Workbench) -> DatasetVersion:
    """The sample dataset with its test split sealed."""
    load_samples(bench.datasets, actor="ada")
    version = bench.datasets.find("support-triage")
    bench.datasets.seal(version.dataset_id, actor="ada")
    return bench.datasets.version(version.id)
