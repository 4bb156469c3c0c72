"""One-shot: a better instruction from feedback, with the list of changes. Nothing is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from core.errors import InvalidInput, WorkbenchError
from core.optimization.guard import Rejection, rejection
from core.optimization.meta_prompts import Brief, improvement_request, read_improvement
from core.optimization.parts import instruction_of, masked, spec_with
from core.prompts.repeat import Calls
from core.records.budget import Cap
from core.records.optimizations import Feedback
from core.records.prompts import PromptSpec
from core.records.runs import CallContext

PURPOSE = "optimizer"
MANAGED = "managed"
"""In the place of a model: the platform's own one-shot optimizer."""


class Service(Protocol):
    """The platform's one-shot optimizer (`core.platform.optimizer`)."""

    def improve(self, prompt: str, feedback: Sequence[Feedback] = ()) -> Mapping[str, Any]:
        """`text`, `changes`, and `raw` as it came."""


@dataclass(frozen=True, slots=True)
class Improvement:
    """What the optimizer proposed. `rejected` says why it may not be used, if it may not.

    `changes` are the optimizer's own words; `simulated` tells that no language model wrote it.
    """

    spec: PromptSpec
    instruction: str
    changes: tuple[str, ...]
    rejected: Rejection | None
    raw: str
    run_id: str
    simulated: bool


async def improve_once(
    spec: PromptSpec,
    feedback: Sequence[Feedback],
    brief: Brief,
    calls: Calls,
    *,
    actor: str,
    caps: tuple[Cap, ...],
) -> Improvement:
    """Ask once. Raises WorkbenchError when there is no answer."""
    start = masked(instruction_of(spec), brief.frozen)
    if not start.strip():
        raise InvalidInput("The prompt is empty. Write a message or add a file.")
    request = improvement_request(start, brief)
    live = await calls.generate(request, CallContext(actor, PURPOSE), caps=caps)
    if live.reply is None:
        raise live.error if isinstance(live.error, WorkbenchError) else WorkbenchError(
            "The optimizer was stopped before it was asked."
        )  # fmt: skip
    if live.reply.outcome not in ("ok", "truncated"):
        raise WorkbenchError(
            "The optimizer did not answer ({outcome}): {problem}", outcome=live.reply.outcome,
            problem=live.reply.failure.message if live.reply.failure else "",
        )  # fmt: skip
    text, changes = read_improvement(live.reply.text)
    found = _guarded(spec, start, text, changes, live.reply.text, brief)
    return replace(found, run_id=live.run_id, simulated=request.connection == "sandbox")


def improve_by_service(
    spec: PromptSpec, feedback: Sequence[Feedback], brief: Brief, service: Service
) -> Improvement:
    """Ask the platform: its few-shot optimizer when there are answers with verdicts or with what
    was expected, else the zero-shot one, which reads no wishes. Blocks. Raises WorkbenchError."""
    start = masked(instruction_of(spec), brief.frozen)
    if not start.strip():
        raise InvalidInput("The prompt is empty. Write a message or add a file.")
    answer = service.improve(start, [one for one in feedback if one.rubrics or one.expected])
    changes = [one if isinstance(one, str) else _told(one) for one in answer["changes"]]
    return _guarded(spec, start, answer["text"], tuple(changes), answer["raw"], brief)


def _guarded(
    spec: PromptSpec, start: str, text: str, changes: tuple[str, ...], raw: str, brief: Brief
) -> Improvement:
    refused = rejection(text, start, seen=(), most_characters=brief.most_characters)
    made = spec if refused else spec_with(spec, text, (), brief.frozen)
    return Improvement(made, text, changes or _seen_changes(start, text), refused, raw, "", False)


def _told(guideline: Mapping[str, Any]) -> str:
    """A guideline of the service and what it did about it."""
    parts = (guideline.get("applicable_guideline"), guideline.get("suggested_improvement"))
    return ": ".join(str(part) for part in parts if part)


def _seen_changes(before: str, after: str) -> tuple[str, ...]:
    """What changed line by line, where the optimizer did not list it."""
    old, new = before.splitlines(), after.splitlines()
    gone = [f"- {line}" for line in old if line.strip() and line not in new]
    come = [f"+ {line}" for line in new if line.strip() and line not in old]
    return tuple([*gone, *come])
