"""The optimizers that are compared: ours, a VAPO-style loop, gepa when it is installed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.worlds.world import World
from core.optimization.candidates import Measured, Tried
from core.optimization.desk import Desk, MemoryJournal, Settled
from core.optimization.heldout import verdict
from core.optimization.search import Found, Search, Task, Wish
from core.records.optimizations import Mode, Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an engine found: true scores are exact, `shown` is the score that it reports."""

    engine: str
    text: str
    shown: float | None
    start: float
    true: float
    calls: int
    examples: tuple[str, ...] = ()
    stop: str = ""


class WorldRoles:
    """Simulated models behind a desk."""

    worst_calls = 1

    def __init__(self, world: World, desk: Desk) -> None:
        self._world = world
        self._desk = desk

    async def measure(self, tried: Tried, case_id: str, repeat: int) -> Measured:
        """A simulated answer with its simulated verdict."""
        shown = [one.case_id for one in tried.demonstrations]

        async def make() -> Settled:
            score, words = self._world.judged(tried.instruction, case_id, repeat, shown)
            return Settled({"score": score, "words": words})

        data = await self._desk.once("target", [tried.instruction, shown, case_id, repeat], make)
        return Measured("answer", data["score"], {"score": data["score"]}, data["words"])

    async def propose(self, wish: Wish) -> str:
        """A simulated rewriting."""

        async def make() -> Settled:
            failures = [(one.input, one.explanation) for one in wish.failures]
            return Settled({"text": self._world.proposal(
                wish.instruction, failures, wish.other, wish.step, wish.place)})  # fmt: skip

        data = await self._desk.once(
            "optimizer", [wish.instruction, wish.step, wish.place, wish.other,
                          [one.input for one in wish.failures]], make,
        )  # fmt: skip
        return str(data["text"])


@dataclass(frozen=True, slots=True)
class Setting:
    """A cell of the comparison."""

    rows: int = 40
    calls: int = 240
    mode: Mode = "instruction"
    steps: int = 100
    candidates: int = 2


def task_of(world: World, setting: Setting) -> Task:
    """The search for a world. The optimizer is told the case's id as its input."""
    cases = tuple(world.cases(setting.rows))
    return Task(
        start=world.start,
        cases=cases,
        inputs={case: case for case in cases},
        mode=setting.mode,
        steps=setting.steps,
        candidates_per_step=setting.candidates,
        # All engines are to spend what they get.
        patience=setting.steps,
        seed=world.seed,
    )


def local(world: World, setting: Setting) -> Outcome:
    """Our engine without its look at the test cases."""
    found, desk = asyncio.run(_search(world, setting, setting.calls))
    shown = found.best.standing
    examples = tuple(one.case_id for one in found.best.demonstrations)
    return Outcome(
        "local", found.best.instruction, shown.score if shown else None,
        world.true_score(world.start), world.true_score(found.best.instruction, examples),
        desk.calls, examples, found.stop,
    )  # fmt: skip


async def _search(world: World, setting: Setting, calls: int) -> tuple[Found, Desk]:
    desk = Desk(MemoryJournal(), max_calls=calls, at_once=1_000)
    await desk.open()
    return await Search(task_of(world, setting), WorldRoles(world, desk), desk).run(), desk


def judged(world: World, outcome: Outcome, test_rows: int) -> Verdict:
    """The one look at fresh test cases, paired, as a job takes it."""
    start: dict[str, float] = {}
    best: dict[str, float] = {}
    for case in world.cases(test_rows, "test"):
        start[case] = world.judged(world.start, case, 0)[0]
        best[case] = world.judged(outcome.text, case, 0, outcome.examples)[0]
    return verdict(start, best)


def argmax(world: World, setting: Setting) -> Outcome:
    """VAPO-style: two rewritings a step, each on all cases, the best mean so far stays."""
    cases, calls = world.cases(setting.rows), 0
    best, shown, known = world.start, -1.0, {}
    tried = [world.start]
    step = 0
    while True:
        for text in tried:
            if calls + len(cases) > setting.calls:
                start, true = world.true_score(world.start), world.true_score(best)
                known_score = shown if shown >= 0 else None
                return Outcome("argmax", best, known_score, start, true, calls)
            scored = {case: world.judged(text, case, 0) for case in cases}
            calls += len(cases)
            mean = sum(score for score, _ in scored.values()) / len(cases)
            if mean > shown:
                best, shown, known = text, mean, scored
        step += 1
        failing = sorted((score, case, words) for case, (score, words) in known.items()
                         if score < 1)  # fmt: skip
        tried = []
        for place in range(2):
            picked = [(case, words) for _score, case, words in failing[place::2][:6]]
            tried.append(world.proposal(best, picked, "", step, place))
            calls += 1


def gepa(world: World, setting: Setting) -> Outcome:
    """gepa as tuned for this task: mini-batches of 8, every row in the full pass, a cache."""
    import gepa as engine
    from gepa.core.adapter import EvaluationBatch

    counted = {"calls": 0, "asked": 0}

    class Adapter:
        propose_new_texts = None

        def evaluate(
            self, batch: Sequence[str], candidate: Mapping[str, str], capture_traces: bool = False
        ) -> Any:
            counted["calls"] += len(batch)
            made = [world.judged(candidate["system"], case, 0) for case in batch]
            return EvaluationBatch(
                outputs=list(made),
                scores=[score for score, _ in made],
                trajectories=[(case, words) for case, (_, words) in zip(batch, made, strict=True)]
                if capture_traces
                else None,
            )

        def make_reflective_dataset(
            self, candidate: Mapping[str, str], batch: Any, parts: Sequence[str]
        ) -> Any:
            return {part: [{"Inputs": case, "Feedback": words or "fine"}
                           for (case, words), score in zip(batch.trajectories, batch.scores,
                                                           strict=True) if score < 1]
                    for part in parts}  # fmt: skip

    current = {"text": world.start, "failures": []}

    def propose(
        candidate: Mapping[str, str], dataset: Mapping[str, Any], parts: Sequence[str]
    ) -> dict[str, str]:
        counted["calls"] += 1
        counted["asked"] += 1
        failures = [(one["Inputs"], "" if one["Feedback"] == "fine" else one["Feedback"])
                    for one in dataset["system"]]  # fmt: skip
        text = world.proposal(candidate["system"], failures, "", counted["asked"], 0)
        return {"system": text}

    adapter = Adapter()
    adapter.propose_new_texts = propose  # type: ignore[assignment]
    rows = world.cases(setting.rows)
    found = engine.optimize(
        seed_candidate={"system": world.start},
        trainset=rows,
        valset=rows,
        adapter=adapter,
        reflection_lm=lambda prompt: "",
        max_metric_calls=setting.calls,
        reflection_minibatch_size=8,
        cache_evaluation=True,
        seed=world.seed,
        display_progress_bar=False,
        raise_on_exception=True,
        logger=Silent(),
    )
    text = found.best_candidate["system"]
    shown = max(found.val_aggregate_scores)
    del current
    return Outcome("gepa", text, shown, world.true_score(world.start), world.true_score(text),
                   counted["calls"])  # fmt: skip


class Silent:
    """gepa logs each iteration otherwise."""

    def log(self, message: str) -> None:
        """Nothing."""
