"""A process that works on an optimization until it is killed or the job ends.

Arguments: the optimization's id, or `new` to make one. Lines: `id ID`, then `done`.
"""

from __future__ import annotations

import os
import sys
import time

import google.genai  # noqa: F401  (otherwise the first call would wait for it)

from core.config import Settings
from core.records.datasets import Case
from core.records.metrics import MetricSpec
from core.records.optimizations import OptimizationDraft, WeightedMetric
from core.records.prompts import Part, PromptSpec, Turn
from core.workbench import Workbench

KINDS = {
    "urgent": ("service down", "data lost", "security incident"),
    "high": ("wrong charge", "deadline tomorrow", "work blocked"),
    "normal": ("change settings", "hard to use", "how to print"),
    "low": ("lovely charts", "dark theme wish", "thank you"),
}
ROWS = 60


def cases() -> list[Case]:
    """Tickets, each with words of its own."""
    made = []
    for number in range(ROWS):
        label = list(KINDS)[number % 4]
        words = KINDS[label][number // 4 % 3]
        fields = {"text": f"Note {number}: {words} at desk {number * 7}", "reference": label}
        made.append(Case(f"t{number:03}", fields))
    return made


def draft(version_id: str) -> OptimizationDraft:
    """About three hundred calls."""
    spec = PromptSpec(
        system="Classify as one of: urgent, high, normal, low. Answer with the label only.",
        turns=(Turn("user", (Part("Ticket: {text}"),)),),
    )
    model = "sandbox:sandbox-flash-2"
    metric = WeightedMetric(MetricSpec("label_accuracy"))
    return OptimizationDraft("Kill", spec, version_id, model, (metric,), steps=6, max_calls=300)


def main(wanted: str) -> None:
    """Work to the end."""
    bench = Workbench.open(Settings.from_environment(os.environ))
    service = bench.optimizations
    if wanted == "new":
        version = bench.datasets.create("tickets", cases(), actor="ada", source="test")
        kept = service.create(draft(version.id), actor="ada")
        service.start(kept.id, actor="ada")
    else:
        kept = service.get(wanted)
        bench.jobs.resume_interrupted(actor="ada")
    print(f"id {kept.id}", flush=True)
    while service.status(kept.id) == "running":
        time.sleep(0.01)
    bench.close()
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
