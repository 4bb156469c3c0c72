"""Runs one evaluation with Inspect AI and prints one JSON line, as `promptfoo.mjs` does.

    PYTHONPATH=INSPECT_DIRECTORY python inspect_tasks.py SETTINGS_JSON

It imports nothing of the project: it runs on Inspect's own packages. Neither samples nor images
are logged and nothing is displayed: its fastest way.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any


def main() -> None:
    """A small evaluation first, then the one that counts."""
    settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    os.environ |= {"GOOGLE_API_KEY": "local", "GOOGLE_BASE_URL": settings["url"]}
    with tempfile.TemporaryDirectory() as directory:
        run(settings, settings["rows"][:16], directory)
        started = time.perf_counter()
        logs = run(settings, settings["rows"], directory)
        seconds = time.perf_counter() - started
    failed = [log.error.message for log in logs if log.error is not None]
    if failed:
        raise SystemExit(failed[0])
    passed = sum(
        round(log.results.scores[0].metrics["mean"].value * log.results.total_samples)
        for log in logs
    )
    answers = sum(log.results.completed_samples for log in logs if log.status == "success")
    told = {"name": "Inspect AI", "version": version("inspect-ai"), "seconds": seconds}
    print(json.dumps({**told, "answers": answers, "passed": passed}))


def run(settings: dict[str, Any], rows: list[dict[str, str]], directory: str) -> list[Any]:
    """One task for each prompt, side by side."""
    from inspect_ai import Task, eval
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import get_model
    from inspect_ai.scorer import exact
    from inspect_ai.solver import generate

    tasks = [
        Task(
            dataset=MemoryDataset(
                [Sample(prompt.replace("{ticket}", row["ticket"]), target=row["reference"])
                 for row in rows]
            ),
            solver=generate(),
            scorer=exact(),
            name=f"prompt_{number}",
        )
        for number, prompt in enumerate(settings["prompts"])
    ]  # fmt: skip
    at_once = settings["at_once"]
    logs = eval(
        tasks,
        model=get_model(f"google/{settings['model']}"),
        max_tasks=len(tasks),
        max_samples=at_once,
        max_connections=at_once,
        display="none",
        log_dir=directory,
        log_samples=False,
        log_realtime=False,
        log_images=False,
        score_display=False,
    )
    return list(logs)


if __name__ == "__main__":
    main()
