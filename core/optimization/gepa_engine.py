"""gepa as another engine over the same desk: same ledger, caps, guard and verdict.

gepa is optional (`pip install gepa`). It runs in a thread and asks through the job's loop; it is
seeded and fed from the journal, so a job that goes on takes the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any, TypeVar

from core.errors import NotConfigured
from core.optimization.candidates import Measured, Tried, rank
from core.optimization.desk import Desk, Stopped
from core.optimization.guard import folded, quoted, rejection
from core.optimization.search import BLOCK, Found, Roles, Shown, Task, Wish
from core.records.optimizations import StopReason

T = TypeVar("T")
PART = "instruction"
IS_INSTALLED = find_spec("gepa") is not None


async def search(task: Task, roles: Roles, desk: Desk) -> Found:
    """Let gepa search. NotConfigured when it is not installed."""
    if not IS_INSTALLED:
        raise NotConfigured("The engine gepa is not installed. Run: pip install gepa")
    adapter = Adapter(task, roles, desk)
    await desk.tell("candidate", **adapter.start.announced())
    room = (desk.max_calls - desk.kept_back_calls) // roles.worst_calls
    stop: StopReason = "budget_calls"
    try:
        await asyncio.to_thread(adapter.run, max(1, room))
    except Stopped as reached:
        stop = reached.reason
    best = adapter.best()
    await desk.tell("stop", reason=stop, best=best.number)
    await desk.written()
    return Found(adapter.start, best, stop, 0.0)


class Adapter:
    """What gepa calls."""

    def __init__(self, task: Task, roles: Roles, desk: Desk) -> None:
        self._task, self._roles, self._desk = task, roles, desk
        self._loop = asyncio.get_running_loop()
        self.start = Tried(0, 0, task.start, left_out=quoted(task.start, task.inputs))
        self._tried = {folded(task.start): self.start}
        self._step = 0

    def run(self, most_metric_calls: int) -> None:
        """The whole search; blocks."""
        import gepa

        cases, seed = list(self._task.cases), self._task.seed
        gepa.optimize({PART: self._task.start}, cases, cases, adapter=self, seed=seed,
                      max_metric_calls=most_metric_calls, reflection_minibatch_size=BLOCK,
                      cache_evaluation=True, raise_on_exception=True, logger=self)  # fmt: skip

    def log(self, message: str) -> None:
        """Drop gepa's own messages: the ledger has them."""

    def evaluate(
        self, batch: Sequence[str], candidate: Mapping[str, str], capture_traces: bool = False
    ) -> Any:
        """Scores of cases. An error is scored 0, since gepa knows no third outcome."""
        from gepa.core.adapter import EvaluationBatch

        done = self._wait(self._measure(self._tried[folded(candidate[PART])], batch))
        return EvaluationBatch(
            outputs=[one.response for one in done],
            scores=[one.score or 0.0 for one in done],
            trajectories=list(zip(batch, done, strict=True)) if capture_traces else None,
        )

    def make_reflective_dataset(
        self, candidate: Mapping[str, str], batch: Any, parts: Sequence[str]
    ) -> Mapping[str, Any]:
        """The failing cases of a batch."""
        return {part: [asdict(self._task.shown(*one)) for one in batch.trajectories]
                for part in parts}  # fmt: skip

    def propose_new_texts(
        self, candidate: Mapping[str, str], dataset: Mapping[str, Any], parts: Sequence[str]
    ) -> dict[str, str]:
        """A rewriting; one that the guard rejects leaves the text as it was."""
        shown = tuple(Shown(**one) for one in dataset[PART])
        return {PART: self._wait(self._propose(candidate[PART], shown))}

    async def _measure(self, tried: Tried, batch: Sequence[str]) -> list[Measured]:
        works = [lambda case=case: self._roles.measure(tried, case, 0) for case in batch]
        done = await self._desk.batch(works, len(batch) * self._roles.worst_calls)
        tried.measured.update({(case, 0): one for case, one in zip(batch, done, strict=True)})
        state = "best" if self.best() is tried else "lost"
        await self._desk.tell("race", step=self._step, state=state, **tried.told())
        return done

    async def _propose(self, text: str, shown: tuple[Shown, ...]) -> str:
        self._step += 1
        wish = Wish(text, tuple(one for one in shown if one.score < 1), "repair", self._step, 0)
        [new] = await self._desk.batch([lambda: self._roles.propose(wish)], 1)
        refused = rejection(new, self._task.start, seen=self._tried,
                            most_characters=self._task.max_characters)  # fmt: skip
        parent = self._tried[folded(text)].number
        if refused is not None:
            told = {"instruction": new, "reason": refused.reason, "detail": refused.detail}
            await self._desk.tell("rejected", step=self._step, parent=parent, **told)
            return text
        left_out = quoted(new, self._task.inputs)
        tried = Tried(len(self._tried), self._step, new, (), parent, "gepa", left_out)
        self._tried[folded(new)] = tried
        await self._desk.tell("candidate", **tried.announced())
        return new

    def best(self) -> Tried:
        """The best mean of those that ran at least half of the cases."""
        enough = [one for one in self._tried.values()
                  if 2 * len(one.measured) >= len(self._task.cases)]  # fmt: skip
        return min(enough, key=rank, default=self.start)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
