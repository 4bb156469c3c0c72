"""MIPROv2 of dspy in a world: its search, with the world's target, judge and proposer.

The module that it optimizes asks the world directly with whatever instruction and examples stand
in its predictor. The proposer reads, out of the text that MIPROv2 writes for it, the instruction
to improve and the cases of the examples it shows; like a model that infers rules from good
answers it names half of the rules that these cases need. Failures it never sees: MIPROv2 does
not show any.
"""

from __future__ import annotations

import io
import logging
import re
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from bench.worlds.engines import Outcome, Setting
from bench.worlds.world import World, draw

FULL_EVERY = 5
MINIBATCH = 10
BESIDE = 60
"""Calls besides the trials: the start on all rows, examples, proposals."""
_CASE = re.compile(r"\bdev\d+\b")
_TOLD = re.compile(r"\[\[ ## basic_instruction ## \]\]\s*(.*?)\s*(?=\[\[ ##|$)", re.DOTALL)
_WANTED = re.compile(r"\[\[ ## (\w+) ## \]\]")


@dataclass
class Counted:
    """What was asked so far."""

    calls: int = 0
    proposals: int = 0


def mipro(world: World, setting: Setting) -> Outcome:
    """Instructions, and with a mode that has them examples, tuned for the size of the task."""
    import dspy

    for name in ("dspy", "optuna"):
        logging.getLogger(name).setLevel(logging.ERROR)
    counted = Counted()

    class Program(dspy.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.answer = dspy.Predict(dspy.Signature("case -> quality", world.start))

        def forward(self, case: str) -> Any:
            counted.calls += 1
            shown = [one.case for one in self.answer.demos]
            score, _words = world.judged(self.answer.signature.instructions, case, 0, shown)
            found = dspy.Prediction(quality=str(score), score=score)
            if dspy.settings.trace is not None:
                # What a predictor notes; examples are gathered from it.
                dspy.settings.trace.append((self.answer, {"case": case}, found))
            return found

    class Proposer(dspy.BaseLM):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(model="simulated", cache=False)

        def forward(self, prompt: str | None = None, messages: Any = None, **_: Any) -> Any:
            counted.calls += 1
            text = prompt or "\n".join(str(one["content"]) for one in messages or ())
            return _completion(_answered(text, world, counted))

    rows = [dspy.Example(case=case).with_inputs("case") for case in world.cases(setting.rows)]
    trials = max(2, int((setting.calls - BESIDE) / (MINIBATCH + setting.rows / FULL_EVERY)))
    examples = 0 if setting.mode == "instruction" else 3
    with (
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
        dspy.context(lm=Proposer(), adapter=dspy.ChatAdapter(), track_usage=False),
    ):
        optimizer = dspy.MIPROv2(
            metric=lambda _example, found, trace=None: found.score,
            prompt_model=dspy.settings.lm, task_model=dspy.settings.lm, auto=None,
            num_candidates=max(3, trials // 2), max_bootstrapped_demos=examples,
            max_labeled_demos=0, seed=1 + world.seed % 10_000, num_threads=1,
        )  # fmt: skip
        found = optimizer.compile(
            Program(), trainset=rows, valset=rows, num_trials=trials, minibatch=True,
            minibatch_size=MINIBATCH, minibatch_full_eval_steps=FULL_EVERY,
        )  # fmt: skip
    text = found.answer.signature.instructions
    shown = tuple(one.case for one in found.answer.demos)
    return Outcome(
        "MIPROv2", text, found.score / 100, world.true_score(world.start),
        world.true_score(text, shown), counted.calls, shown,
    )  # fmt: skip


def _answered(text: str, world: World, counted: Counted) -> str:
    """Every output field that is asked for; the instruction is the one that matters."""
    wanted = dict.fromkeys(_WANTED.findall(text.rpartition("starting with the field")[2]))
    values = {name: "simulated" for name in wanted if name != "completed"}
    if "proposed_instruction" in values:
        counted.proposals += 1
        told = [one for one in _TOLD.findall(text) if "R" in one or "task" in one]
        instruction = told[-1].strip() if told else world.start
        cases = list(dict.fromkeys(_CASE.findall(text)))
        seen = [(case, " ".join(f"R{rule}" for rule in world.needs(case)
                                if draw(world.seed, "infers", counted.proposals, case, rule) < 0.5))
                for case in cases]  # fmt: skip
        values["proposed_instruction"] = world.proposal(
            instruction, seen, "", counted.proposals, "mipro"
        )
    return "\n\n".join(f"[[ ## {name} ## ]]\n{value}" for name, value in values.items())


def _completion(text: str) -> Any:
    """What dspy reads of a model's answer."""
    message = SimpleNamespace(content=text + "\n\n[[ ## completed ## ]]", tool_calls=None)
    choice = SimpleNamespace(message=message, finish_reason="stop", logprobs=None)
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return SimpleNamespace(choices=[choice], usage=usage, model="simulated")
