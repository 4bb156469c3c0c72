"""Drafts of optimizations over the sandbox, and waiting for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.prompts.starters import load_starters
from core.records.metrics import MetricSpec
from core.records.optimizations import Optimization, OptimizationDraft, WeightedMetric
from core.records.prompts import PromptSpec
from core.workbench import Workbench
from tests.waiting import until

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


def finished(bench: Workbench, optimization_id: str, seconds: float = 120.0) -> Optimization:
    """Wait until its job has ended."""

    def ended() -> bool:
        if bench.optimizations.status(optimization_id) != "running":
            return True
        bench.jobs.wait(bench.optimizations.get(optimization_id).job_id or "", 0.5)
        return False

    until(ended, seconds)
    return bench.optimizations.get(optimization_id)


def run(bench: Workbench, asked: OptimizationDraft, *, actor: str = "ada") -> Optimization:
    """Keep it, start it, wait for its end."""
    kept = bench.optimizations.create(asked, actor=actor)
    bench.optimizations.start(kept.id, actor=actor)
    return finished(bench, kept.id)
