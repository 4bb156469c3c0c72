"""A workbench over the real sandbox, with a small dataset of support tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import Evaluation
from core.records.metrics import MetricSpec
from core.records.prompts import Part, PromptSpec, Turn
from core.workbench import Workbench
from tests.waiting import until

LABELS = ("urgent", "high", "normal", "low")
TICKETS = (
    ("The whole service is down and data was lost.", "urgent"),
    ("We suspect a security incident: strangers logged in.", "urgent"),
    ("There is a wrong charge on the invoice and the deadline is near.", "high"),
    ("My work is blocked since the update.", "high"),
    ("A how-to question about settings: where is the language?", "normal"),
    ("Part of a feature is hard to use with the keyboard.", "normal"),
    ("Some feedback and praise: the charts are lovely.", "low"),
    ("One of our feature wishes is a dark theme.", "low"),
)
SYSTEM = (
    "You triage support tickets. Answer with one of the labels only.\n"
    "- urgent: the whole service is down, data was lost, a security incident\n"
    "- high: work is blocked, a deadline is near, a wrong charge or invoice\n"
    "- normal: part of a feature is hard to use, how-to questions about settings\n"
    "- low: feedback, praise, feature wishes"
)
PROMPT = "Ticket: {ticket}"
FLASH, OLD = "sandbox:sandbox-flash-2", "sandbox:sandbox-flash-1"


def spec_of(text: str, **fields: Any) -> PromptSpec:
    """A prompt of one message."""
    return PromptSpec(turns=(Turn("user", (Part(text),)),), **fields)


def cases_of(count: int, suffix: str = "") -> list[Case]:
    """So many tickets, each with a text of its own."""
    return [
        Case(
            f"t{number:04}",
            {
                "ticket": f"{TICKETS[number % 8][0]} (#{number}){suffix}",
                "reference": TICKETS[number % 8][1],
                "language": "ja" if number % 2 else "en",
            },
        )
        for number in range(count)
    ]


def candidates_of(*models: str, text: str = PROMPT) -> tuple[Candidate, ...]:
    """One prompt on several models."""
    return tuple(
        Candidate(f"c{number}", f"Triage on {model}", spec_of(text, system=SYSTEM), model)
        for number, model in enumerate(models, 1)
    )


def draft(bench: Workbench, rows: Sequence[Case], **fields: Any) -> Evaluation:
    """An evaluation of a new dataset with these cases, not kept yet."""
    version = bench.datasets.create(
        fields.pop("dataset", f"tickets {bench.store.new_id()}"), rows, actor="ada", source="test"
    )
    values: dict[str, Any] = {
        "title": "Triage",
        "dataset_version_id": version.id,
        "candidates": candidates_of(FLASH, OLD),
        "metrics": (MetricSpec("label_accuracy"), MetricSpec("exact_match")),
        "repeats": 1,
        "judge": FLASH,
        **fields,
    }
    return Evaluation(id="", created_at=datetime.now(UTC), created_by="ada", **values)


def with_metrics(evaluation: Evaluation, *names: str) -> Evaluation:
    """The same with other metrics."""
    return replace(evaluation, metrics=tuple(MetricSpec(name) for name in names))


def finished(bench: Workbench, evaluation_id: str, seconds: float = 60.0) -> str:
    """Wait until its job has ended; the status."""

    def ended() -> bool:
        if bench.evaluations.status(evaluation_id) != "running":
            return True
        bench.jobs.wait(bench.evaluations.get(evaluation_id).job_id or "", 0.5)
        return False

    until(ended, seconds)
    return bench.evaluations.status(evaluation_id)


def run(bench: Workbench, asked: Evaluation, seconds: float = 60.0) -> Evaluation:
    """Keep it, start it, wait for its end."""
    kept = bench.evaluations.create(asked)
    bench.evaluations.start(kept.id, actor="ada")
    finished(bench, kept.id, seconds)
    return bench.evaluations.get(kept.id)
