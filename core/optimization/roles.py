"""The three models over the engine: the target answers, metrics and judges score, one proposes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.errors import InvalidInput, OverBudget, WorkbenchError
from core.evaluation.answers import ANSWERS
from core.evaluation.chosen import Chosen
from core.evaluation.judge import Judge
from core.evaluation.plan import case_request, request_name, sample_name
from core.evaluation.task import task_case
from core.optimization import selection
from core.optimization.candidates import Measured, Tried
from core.optimization.desk import Desk, Settled
from core.optimization.meta_prompts import Brief, proposal_request, read_proposal
from core.optimization.parts import spec_with
from core.optimization.search import Wish
from core.prompts.repeat import Calls, LiveCall
from core.prompts.template import variables_of
from core.records.budget import Cap
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.metrics import MetricInfo, Sample, Score
from core.records.optimizations import Aggregation
from core.records.prompts import PromptSpec
from core.records.runs import CallContext, Reply, Request

TARGET, JUDGE, OPTIMIZER = "target", "judge", "optimizer"
JUDGE_TRIES = 2


@dataclass(slots=True)
class Counted:
    """What a judge's calls came to."""

    calls: int = 0
    cost_usd: float = 0.0
    refused: WorkbenchError | None = None


_counted: ContextVar[Counted | None] = ContextVar("counted", default=None)


class Meter:
    """The engine's calls, counted for whoever awaits them (`metered`)."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def generate(
        self,
        request: Request,
        context: CallContext,
        *,
        caps: tuple[Cap, ...] = (),
        stream: bool = False,
    ) -> LiveCall:
        """Make a call."""
        live = await self._calls.generate(request, context, caps=caps, stream=stream)
        counted = _counted.get()
        if counted is not None:
            counted.calls += live.reply is not None
            counted.cost_usd += cost_of(live)
            if live.reply is None and isinstance(live.error, OverBudget):
                counted.refused = live.error
        return live


async def metered(work: Coroutine[Any, Any, Score]) -> tuple[Score, Counted]:
    """What a judge says and what that took. A judge makes an error of whatever hinders it, but a
    reached cap is raised."""
    counted = Counted()
    token = _counted.set(counted)
    try:
        score = await work
    finally:
        _counted.reset(token)
    if counted.refused is not None:
        raise counted.refused
    return score, counted


def cost_of(live: LiveCall) -> float:
    """US dollars of a call; 0 while nobody knows them."""
    return float(getattr(live, "cost_usd", None) or 0.0)


@dataclass(frozen=True, slots=True)
class Material:
    """All that the roles work with, read once. `weights` are by signature."""

    spec: PromptSpec
    target_model: str
    cases: Mapping[str, Case]
    metrics: Chosen
    weights: Mapping[str, float]
    aggregation: Aggregation
    brief: Brief

    @property
    def start(self) -> Candidate:
        """The prompt as it was."""
        return Candidate("start", "start", self.spec, self.target_model)


class EngineRoles:
    """The roles of a job. Everything that costs goes through its desk."""

    def __init__(
        self,
        material: Material,
        desk: Desk,
        calls: Calls,
        judge: Callable[[Calls], Judge],
        context: CallContext,
        caps: tuple[Cap, ...],
        keep_spec: Callable[[PromptSpec], str],
    ) -> None:
        self._material = material
        self._desk = desk
        self._meter = Meter(calls)
        self._judge = judge(self._meter)
        self._context = context
        self._caps = caps
        self._keep_spec = keep_spec
        self._specs: dict[int, Awaitable[str]] = {}

    @property
    def worst_calls(self) -> int:
        """One answer, and every judge asked twice as often as it should take."""
        return worst_calls(self._material.metrics)

    # -- measuring --

    async def measure(self, tried: Tried, case_id: str, repeat: int) -> Measured:
        """Ask the target, score its answer."""
        material = self._material
        case = material.cases[case_id]
        spec = spec_with(
            material.spec, tried.instruction, tried.demonstrations, material.brief.frozen
        )
        candidate = replace(material.start, spec=spec)
        try:
            request = case_request(candidate, case)
        except InvalidInput as error:
            return Measured("", None, error=str(error))
        answer = await self._desk.once(
            TARGET,
            [request_name(request), repeat],
            lambda: self._ask(request, self._of_spec(tried, spec, case), repeat),
        )
        if answer.get("error"):
            return Measured("", None, error=answer["error"], run_id=answer["run_id"])
        return await self._scored(case, answer, repeat)

    async def _of_spec(self, tried: Tried, spec: PromptSpec, case: Case) -> CallContext:
        """The context of a call; the prompt is kept, so that the run can be opened again."""
        if tried.number not in self._specs:
            keeping = asyncio.to_thread(self._keep_spec, spec)
            self._specs[tried.number] = asyncio.ensure_future(keeping)
        names = variables_of(spec)
        return replace(
            self._context,
            spec_sha256=await self._specs[tried.number],
            values={name: case.fields[name] for name in names if name in case.fields},
        )

    async def _ask(
        self, request: Request, context: Awaitable[CallContext], repeat: int = 0
    ) -> Settled:
        made = replace(await context, repeat=repeat)
        live = await self._meter.generate(request, made, caps=self._caps)
        if live.reply is None:
            if live.error is None:
                raise asyncio.CancelledError
            raise live.error
        return settled(live, live.reply)

    async def _scored(self, case: Case, answer: Mapping[str, Any], repeat: int) -> Measured:
        material = self._material
        sample = Sample(
            case_id=case.id,
            response=answer["text"],
            fields=case.fields,
            function_calls=tuple(answer["function_calls"]),
            total_ms=answer["total_ms"],
            output_tokens=answer["output_tokens"],
        )
        found: list[tuple[MetricInfo, float, Score]] = []
        for signature, metric in material.metrics.computed.items():
            score = await asyncio.to_thread(metric.score, sample)
            found.append((metric.info, material.weights[signature], score))
        for signature in material.metrics.judged:
            score = await self._judged(case, sample, signature, repeat)
            found.append((material.metrics.judged[signature].info, material.weights[signature],
                          score))  # fmt: skip
        return _measured(answer, found, material.aggregation)

    async def _judged(self, case: Case, sample: Sample, signature: str, repeat: int) -> Score:
        metric = self._material.metrics.judged[signature]
        told = task_case(case, self._material.start)
        shown = replace(sample, fields=told.fields)
        context = replace(self._context, purpose="judge", repeat=repeat)

        async def ask() -> Settled:
            judging = self._judge.pointwise(metric, shown, context, caps=self._caps)
            score, counted = await metered(judging)
            problem = score.reason or "no verdict" if score.status == "error" else ""
            return Settled(asdict(score), counted.calls, counted.cost_usd, problem)

        data = await self._desk.once(
            JUDGE, [signature, sample_name(told, sample.response), repeat], ask
        )
        return Score(data["value"], data["status"], data["reason"], data["details"])

    # -- proposing --

    async def propose(self, wish: Wish) -> str:
        """A new instruction; empty when the optimizer did not answer."""
        request = proposal_request(wish, self._material.brief)

        async def context() -> CallContext:
            return replace(self._context, purpose="optimizer", spec_sha256=None)

        data = await self._desk.once(
            OPTIMIZER,
            [request_name(request), wish.step, wish.place],
            lambda: self._ask(request, context(), wish.place),
        )
        return "" if data.get("error") else read_proposal(data["text"])


def settled(live: LiveCall, reply: Reply) -> Settled:
    """A call that has ended, as the journal keeps it."""
    answered = reply.outcome in ANSWERS
    problem = "" if answered else (reply.failure.message if reply.failure else reply.outcome)
    return Settled(
        {
            "run_id": live.run_id,
            "text": reply.text if answered else "",
            "total_ms": reply.total_ms,
            "output_tokens": reply.usage.output,
            "function_calls": list(reply.extras.get("function_calls", ())),
        },
        1,
        cost_of(live),
        problem or ("" if answered else reply.outcome),
    )


def _measured(
    answer: Mapping[str, Any],
    found: Sequence[tuple[MetricInfo, float, Score]],
    aggregation: Aggregation,
) -> Measured:
    errors = [score.reason for _info, _weight, score in found if score.status == "error"]
    reasons = [
        f"{info.name}: {explained(score)}" if len(found) > 1 else explained(score)
        for info, _weight, score in found
        if explained(score)
    ]
    return Measured(
        answer["text"],
        selection.composite(found, aggregation),
        {info.name: score.value for info, _w, score in found if score.value is not None},
        " / ".join(reasons),
        errors[0] if errors else "",
        answer["run_id"],
    )


def explained(score: Score) -> str:
    """Why it is not better: the questions that were not met, else the reason."""
    questions = score.details.get("questions", ())
    failed = [
        " ".join(filter(None, (one.get("text", ""), one.get("reason", ""))))
        for one in questions
        if not one.get("verdict")
    ]
    return " / ".join(failed) or score.reason


def worst_calls(metrics: Chosen) -> int:
    """Calls of one measurement at most: the answer, judges with their second tries, questions."""
    judged = 0
    for metric in metrics.judged.values():
        judged += JUDGE_TRIES * metric.settings.samples
        if metric.rubric.kind == "adaptive":
            judged += JUDGE_TRIES
    return 1 + judged
