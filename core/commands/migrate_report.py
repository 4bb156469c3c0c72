"""A migration as a report for CI: a check per step, or one per migration in the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.commands.check_report import Check, CheckReport, Outcome
from core.commands.gate import OUTCOMES

_ENDS: dict[str, Outcome] = {"failed": "failed", "incomplete": "error"}
_STATES: dict[str, Outcome] = {"done": "passed"}
Line = Mapping[str, Any]


def list_report(lines: Sequence[Line]) -> CheckReport:
    """All migrations; one that no gate has judged yet is skipped."""
    checks = [
        Check(f"{_name(one)} ({one['id']})", _verdict(one["gate"]),
              one["decision"] or one["gate"] or f"next step: {one['next_step']}")
        for one in lines
    ]  # fmt: skip
    facts = [("migration", "prompt", "from", "to", "next step", "gate", "decision"), *(
        (one["id"], one["prompt"], one["from"], one["to"], one["next_step"], one["gate"] or "–",
         one["decision"] or "–")
        for one in lines)]  # fmt: skip
    return CheckReport("migrate", "Migrations", f"Migrations: {len(lines)}.", checks, facts)


def state_report(line: Line, stopped_at: str, end: str | None, problem: str) -> CheckReport:
    """One migration, step by step. `end` and `problem` say why it stopped at a step."""
    checks = []
    for step in line["steps"]:
        outcome = _STATES.get(step["state"], "skipped")
        text = step["detail"] or step["state"]
        if step["step"] == "gate" and line["gate"]:
            outcome, text = _verdict(line["gate"]), line["sentence"]
        elif step["step"] == stopped_at and end in _ENDS:
            outcome, text = _ENDS[end], problem
        checks.append(Check(step["step"], outcome, text))
    summary = line["sentence"] or problem or f"Next step: {line['next_step']}."
    facts = [("step", "state", "detail"),
             *((one["step"], one["state"], one["detail"]) for one in line["steps"])]  # fmt: skip
    return CheckReport("migrate", f"Migration: {_name(line)}", summary, checks, facts)


def _name(line: Line) -> str:
    return f"{line['prompt']}: {line['from']} → {line['to']}"


def _verdict(gate: str | None) -> Outcome:
    return "skipped" if gate is None else OUTCOMES.get(gate, "error")
