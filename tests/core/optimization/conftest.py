"""The sample inquiries, ready to be optimized on."""

from __future__ import annotations

import pytest

from core.datasets.samples import load_samples
from core.records.datasets import DatasetVersion
from core.workbench import Workbench


@pytest.fixture
def inquiries(bench: Workbench) -> DatasetVersion:
    """The sample dataset with its test split sealed."""
    load_samples(bench.datasets, actor="ada")
    version = bench.datasets.find("support-triage")
    bench.datasets.seal(version.dataset_id, actor="ada")
    return bench.datasets.version(version.id)
