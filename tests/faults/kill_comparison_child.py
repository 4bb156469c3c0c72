"""Runs a comparison until it is killed; says what has been committed.

Started by `test_kill_comparison.py` with the id of a comparison, or `new`.
"""

from __future__ import annotations

import os
import sys
import time

from core.config import Settings
from core.records.comparisons import ComparedInput
from core.records.prompts import Parameters, Part, PromptSpec, Turn
from core.workbench import Workbench

MODELS = ("sandbox-flash-2", "sandbox-pro-2", "sandbox-flash-1")
ROWS = 40
TEXT = "返品は何日までですか。The bag leaks, what can I do? Number {number}."


def create(bench: Workbench) -> str:
    spec = PromptSpec(
        turns=(Turn("user", (Part("{question}"),)),), parameters=Parameters(max_output_tokens=2000)
    )
    made = bench.comparisons.create(
        "killed",
        [bench.comparisons.draft(spec, f"sandbox:{model}") for model in MODELS],
        [ComparedInput("", "", {"question": TEXT.format(number=n)}) for n in range(ROWS)],
        actor="ada",
    )
    bench.comparisons.start(made.id, actor="ada")
    return made.id


if __name__ == "__main__":
    opened = Workbench.open(Settings.from_environment(os.environ))
    comparison_id = sys.argv[1]
    if comparison_id == "new":
        comparison_id = create(opened)
    else:
        # As the app does when it starts.
        opened.jobs.resume_interrupted(actor="ada")
    print(f"comparison {comparison_id}", flush=True)
    while opened.comparisons.running(comparison_id):
        for cell in opened.comparisons.grid(comparison_id):
            if cell.run is not None:
                print(f"cell {cell.key} {cell.run_id} {cell.run.reply.outcome}", flush=True)
        time.sleep(0.02)
    print("ended", flush=True)
    opened.close()
