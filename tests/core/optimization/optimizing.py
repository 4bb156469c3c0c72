"""Drafts of optimizations over the sandbox, and waiting for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.prompts.starters import load_starters
from core.records.metrics import MetricSpec
from core.records.optimizations import Optimization, OptimizationDraft, WeightedMetric
from core.records.prompts import PromptSpec
from core.workbench import Workbench

FLASH = "sandbox:sandbox-flash-2"
BARE = (
    "問い合わせの優先度を次のいずれかに分類してください: 緊急、高、中、低\n"
    "ラベルだけを答えてください。"
)


def triage(instruction: str = BARE) -> PromptSpec:
    """The starter with another instruction."""
    starter = next(one for one in load_starters() if one.name == "triage-ja")
    return replace(starter.spec, system=instruction)


def draft(dataset_version_id: str, **fields: Any) -> OptimizationDraft:
    """A small job that rewrites the bare instruction."""
    values: dict[str, Any] = {
        "title": "Triage",
        "spec": triage(),
        "dataset_version_id": dataset_version_id,
        "target_model": FLASH,
        "metrics": (WeightedMetric(MetricSpec("label_accuracy")),),
        "language": "Japanese",
        "steps": 4,
        "max_calls": 600,
        **fields,
    }
    return OptimizationDraft(**values)


def until(reached: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def run(bench: Workbench, asked: OptimizationDraft) -> Optimization:
    """Keep it, start it, wait for its end."""
    kept = bench.optimizations.create(asked, actor="ada")
    bench.optimizations.start(kept.id, actor="ada")
    until(lambda: bench.optimizations.status(kept.id) != "running")
    return bench.optimizations.get(kept.id)
