"""The local engine: reflect on failures, race what comes of it, keep what wins.

    start -> headroom -> (propose -> guard -> race -> take over)* -> examples -> confirm

Candidates race on blocks of shared cases: one that trails clearly is dropped, one that leads
clearly takes over at once, so most of the money goes where it can decide something. Cases that a
prompt quotes do not count for it. Nothing here knows a clock, an engine or a store.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.optimization import chance, selection
from core.optimization.candidates import Measured, Tried, failing, rank
from core.optimization.desk import Desk, Stopped
from core.optimization.guard import MOST_QUOTED, Rejection, folded, quoted, rejection
from core.records.optimizations import Demonstration, Mode, StopReason

BLOCK = 8
FIRST = 16
"""Cases of the first look at the start; half of them are asked twice to see the noise."""
WINNING_SD = 1.0
SHOWN = 6
"""Failing cases that an optimizer is shown at a time."""
PATIENCE = 5
"""Steps without a gain after which instructions are given up."""
FOR_EXAMPLES = 0.3
"""Share of what is left that instructions leave to examples, when both are searched."""
STRATEGIES = ("repair", "restructure", "generalize", "sharpen")
BUDGETS: tuple[StopReason, ...] = ("budget_calls", "budget_usd")


@dataclass(frozen=True, slots=True)
class Shown:
    """A failing case as an optimizer sees it."""

    input: str
    response: str
    expected: str
    explanation: str
    score: float


@dataclass(frozen=True, slots=True)
class Wish:
    """What an optimizer is asked: a better instruction than this one."""

    instruction: str
    failures: tuple[Shown, ...]
    strategy: str
    step: int
    place: int
    other: str = ""
    """Another instruction that does better on some cases, to learn from."""


class Roles(Protocol):
    """The three models. All of it goes through the desk."""

    async def measure(self, tried: Tried, case_id: str, repeat: int) -> Measured:
        """Ask the target, score its answer."""

    async def propose(self, wish: Wish) -> str:
        """A new instruction; empty when the optimizer did not answer."""

    @property
    def worst_calls(self) -> int:
        """Calls that one measurement takes at most."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is searched. `cases` are ids in a fixed order, `inputs` and `expected` by id."""

    start: str
    cases: tuple[str, ...]
    inputs: Mapping[str, str]
    expected: Mapping[str, str] = field(default_factory=dict)
    mode: Mode = "instruction"
    steps: int = 10
    candidates_per_step: int = 2
    demo_set_size: int = 3
    demo_candidates: int = 10
    max_characters: int = 8_000
    patience: int = PATIENCE
    seed: int = 1

    def shown(self, case_id: str, one: Measured) -> Shown:
        """A measured case as an optimizer sees it."""
        expected = self.expected.get(case_id, "")
        return Shown(self.inputs[case_id], one.response, expected, one.explanation,
                     one.score or 0.0)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """How a search ended. `best` is `start` when nothing was better."""

    start: Tried
    best: Tried
    stop: StopReason
    noise: float


class Search:
    """One search. `run` is called once."""

    def __init__(self, task: Task, roles: Roles, desk: Desk) -> None:
        self._task = task
        self._roles = roles
        self._desk = desk
        self._count = 1
        self._seen = {folded(task.start)}
        self._start = Tried(0, 0, task.start)
        self._best = self._start
        self._archive: list[Tried] = []
        self._noise = 0.0
        self._start.left_out = quoted(task.start, task.inputs)

    async def run(self) -> Found:
        """Search until nothing is gained any more, or a limit is reached."""
        try:
            stop = await self._phases()
        except Stopped as stopped:
            stop = stopped.reason
        await self._desk.tell("stop", reason=stop, best=self._best.number)
        await self._desk.written()
        return Found(self._start, self._best, stop, self._noise)

    async def _phases(self) -> StopReason:
        task = self._task
        await self._desk.tell("candidate", **self._start.announced())
        stop = await self._headroom()
        if stop is not None:
            return stop
        if task.mode == "instruction":
            stop = await self._instructions()
        elif task.mode == "instruction_and_demo":
            stop = await self._instructions_first()
        if task.mode != "instruction" and stop != "perfect":
            stop = await self._examples()
        try:
            await self._confirm()
        except Stopped as stopped:
            # The search had ended before: that confirming it does not fit is not why.
            if stopped.reason not in BUDGETS:
                raise
        return stop or "steps"

    # -- headroom --

    async def _headroom(self) -> StopReason | None:
        """Score the start on some cases, half of them twice: is there anything to gain?"""
        first = self._order("first")[:FIRST]
        await self._measure([(self._start, first, 0)])
        twice = first[: FIRST // 2]
        await self._measure([(self._start, twice, 1)])
        again = [one for one in twice if (one, 0) in self._start.measured]
        ones, others = self._start.of_repeat(0), self._start.of_repeat(1)
        self._noise = selection.noise({one: ones[one] for one in again if one in ones}, others)
        if not failing(self._start):
            # Perhaps the failures are elsewhere.
            await self._measure([(self._start, self._task.cases, 0)])
        at_ceiling = not failing(self._start)
        await self._desk.tell(
            "headroom", noise=self._noise, at_ceiling=at_ceiling, **self._start.told()
        )
        return "no_headroom" if at_ceiling else None

    # -- instructions --

    async def _instructions_first(self) -> StopReason:
        """Instructions, but not with what examples need: they would never be tried otherwise."""
        try:
            with self._desk.keeping_back(FOR_EXAMPLES):
                return await self._instructions()
        except Stopped as stopped:
            if stopped.reason not in BUDGETS:
                raise
            return stopped.reason

    async def _instructions(self) -> StopReason:
        without_gain = 0
        for step in range(1, self._task.steps + 1):
            if not await self._has_failures():
                return "perfect"
            challengers = await self._propose(step, without_gain)
            before = self._best
            if not challengers:
                # The optimizer has nothing new to say about these failures: show it others.
                await self._measure([(before, before.lacks(self._order("more"))[:BLOCK], 0)])
            await self._race(step, challengers)
            without_gain = without_gain + 1 if self._best is before else 0
            await self._desk.tell("step", step=step, best=self._best.number, of="instruction")
            if without_gain >= self._task.patience:
                return "no_improvement"
        return "steps"

    async def _has_failures(self) -> bool:
        """Whether the best one fails somewhere; more cases are looked at before that is denied."""
        while not failing(self._best):
            missing = self._best.lacks(self._order("more"))
            if not missing:
                return False
            await self._measure([(self._best, missing[:FIRST], 0)])
        return True

    async def _propose(self, step: int, without_gain: int) -> list[Tried]:
        wishes = [self._wish(step, place, without_gain)
                  for place in range(self._task.candidates_per_step)]  # fmt: skip
        texts = await self._desk.batch(
            [lambda wish=wish: self._roles.propose(wish) for wish, _ in wishes],  # type: ignore[misc]
            len(wishes),
        )
        made = []
        for (_wish, parent), text in zip(wishes, texts, strict=True):
            tried = await self._admitted(text, step, parent)
            if tried is not None:
                made.append(tried)
        return made

    def _wish(self, step: int, place: int, without_gain: int) -> tuple[Wish, Tried]:
        """What to ask for, and which candidate it starts from.

        After steps without a gain some start elsewhere, or learn from another.
        """
        seed, parent, other = self._task.seed, self._best, ""
        if without_gain and self._archive and place:
            pick = chance.sample(self._archive, lambda one: str(one.number), 1, seed, step, place)
            if place % 2:
                other = pick[0].instruction
            elif failing(pick[0]):
                parent = pick[0]
        worst = failing(parent)
        shown = chance.sample(worst, str, SHOWN, seed, "shown", step, place)
        strategy = STRATEGIES[(place + without_gain) % len(STRATEGIES)]
        failures = tuple(self._shown(parent, one) for one in shown)
        return Wish(parent.instruction, failures, strategy, step, place, other), parent

    def _shown(self, tried: Tried, case_id: str) -> Shown:
        of_case = [one for (name, _), one in sorted(tried.measured.items()) if name == case_id]
        one = min(of_case, key=lambda found: math.inf if found.score is None else found.score)
        return self._task.shown(case_id, one)

    async def _admitted(self, text: str, step: int, parent: Tried) -> Tried | None:
        """A candidate made of the text, or None with the reason told."""
        task = self._task
        refused = rejection(text, task.start, seen=self._seen, most_characters=task.max_characters)
        left_out = quoted(text, task.inputs)
        if refused is None and len(left_out) > MOST_QUOTED * len(task.cases):
            refused = Rejection("rows", str(len(left_out)))
        if refused is not None:
            await self._desk.tell("rejected", step=step, parent=parent.number, instruction=text,
                                  reason=refused.reason, detail=refused.detail)  # fmt: skip
            return None
        self._seen.add(folded(text))
        tried = self._new(step, text, parent.demonstrations, parent.number, "reflection", left_out)
        await self._desk.tell("candidate", **tried.announced())
        return tried

    def _new(
        self,
        step: int,
        text: str,
        demonstrations: tuple[Demonstration, ...],
        parent: int,
        origin: str,
        left_out: frozenset[str],
    ) -> Tried:
        shown = frozenset(one.case_id for one in demonstrations)
        tried = Tried(self._count, step, text, demonstrations, parent, origin, left_out | shown)
        tried.penalty = selection.length_penalty(len(text), len(self._task.start))
        self._count += 1
        return tried

    # -- racing --

    async def _race(self, step: int, challengers: Sequence[Tried]) -> None:
        """Block by block against the best one; at most one takes its place."""
        alive = list(challengers)
        best, stopped = self._best, None
        order = self._order("race", step)
        # What the best one was asked already costs nothing more.
        order.sort(key=lambda one: (one, 0) not in best.measured)
        for start in range(0, len(order), BLOCK):
            if not alive:
                break
            block = order[start : start + BLOCK]
            try:
                await self._measure([(one, block, 0) for one in (best, *alive)])
            except Stopped as reached:
                # What was paid for still decides.
                stopped = reached
                break
            leading = self._leading(alive, best)
            if leading is not None:
                break
            for one in list(alive):
                if selection.is_losing(self._gap(one, best), one.penalty - best.penalty):
                    alive.remove(one)
        winner = self._winner(alive, best, cut_short=stopped is not None)
        for one in challengers:
            state = "accepted" if one is winner else "lost" if one in alive else "dropped"
            await self._desk.tell("race", step=step, state=state, **one.told())
            if one is not winner and one.measured:
                self._archive.append(one)
        self._archive = sorted(self._archive, key=rank)[:6]
        if winner is not None:
            self._archive.append(best)
            self._best = winner
        if stopped is not None:
            raise stopped
        if winner is not None:
            await self._refresh()
        await self._desk.tell("race", step=step, state="best", **self._best.told())

    def _gap(self, one: Tried, best: Tried) -> selection.Gap | None:
        return selection.gap(best.values, one.values, best.left_out | one.left_out)

    def _leading(self, alive: Sequence[Tried], best: Tried) -> Tried | None:
        """A challenger that leads so clearly that more cases would not change it."""
        for one in alive:
            found = self._gap(one, best)
            if found is not None and found.n >= BLOCK:
                ahead = found.mean - (one.penalty - best.penalty)
                if ahead > WINNING_SD * max(found.error, self._noise / math.sqrt(found.n), 1e-9):
                    return one
        return None

    def _winner(self, alive: Sequence[Tried], best: Tried, *, cut_short: bool) -> Tried | None:
        """The one that leads by most; in a race that was cut short it must lead clearly."""
        found: list[tuple[float, int, Tried]] = []
        for one in alive:
            gap, penalty = self._gap(one, best), one.penalty - best.penalty
            if gap is None or not selection.takes_over(gap, penalty):
                continue
            if not cut_short or gap.mean - penalty > gap.error:
                found.append((gap.mean - penalty, -one.number, one))
        return max(found, key=lambda one: one[:2])[2] if found else None

    async def _refresh(self) -> None:
        """Ask a new best one again where answers vary, so that a lucky score decays."""
        if self._noise > 0:
            asked = [one for one in self._order("refresh", self._best.number)
                     if (one, 0) in self._best.measured]  # fmt: skip
            await self._measure([(self._best, asked[:BLOCK], 1)])

    # -- examples --

    async def _examples(self) -> StopReason:
        """Random sets of the model's own good answers, raced as instructions are."""
        task, base = self._task, self._best
        await self._measure([(base, self._order("examples")[: 4 * FIRST], 0)])
        pool = [one for one in self._order("pool") if one in self._good(base)]
        if len(pool) < max(2, task.demo_set_size):
            return "no_improvement"
        answers = {one: base.measured[one, 0].response for one in pool}
        made = 0
        tried_sets: set[frozenset[str]] = set()
        for step in range(1, task.demo_candidates + 1):
            if made >= task.demo_candidates:
                break
            challengers = []
            for place in range(min(task.candidates_per_step, task.demo_candidates - made)):
                names = chance.sample(pool, str, task.demo_set_size, task.seed, "set", step, place)
                if frozenset(names) not in tried_sets:
                    tried_sets.add(frozenset(names))
                    shown = tuple(
                        Demonstration(one, task.inputs[one], answers[one]) for one in names
                    )
                    tried = self._new(step, base.instruction, shown, base.number, "examples",
                                      quoted(base.instruction, task.inputs))  # fmt: skip
                    await self._desk.tell("candidate", **tried.announced())
                    challengers.append(tried)
            made += max(1, len(challengers))
            await self._race(step, challengers)
            await self._desk.tell("step", step=step, best=self._best.number, of="demonstration")
        return "steps"

    def _good(self, base: Tried) -> set[str]:
        """Cases whose answer may be shown: at the ceiling, else in the best quarter."""
        values = {one: value for one, value in base.values.items()
                  if one not in base.left_out and (one, 0) in base.measured}  # fmt: skip
        ceiling = {one for one, value in values.items() if value >= selection.CEILING}
        if len(ceiling) > self._task.demo_set_size:
            return ceiling
        ordered = sorted(values, key=lambda one: (-values[one], one))
        return set(ordered[: max(self._task.demo_set_size + 1, len(ordered) // 4)])

    # -- the end --

    async def _confirm(self) -> None:
        """Both on all cases, if that still fits; the start stays unless the best one leads."""
        if self._best is self._start:
            return
        await self._measure([(one, self._task.cases, 0) for one in (self._best, self._start)])
        found = self._gap(self._best, self._start)
        await self._desk.tell("race", step=0, state="best", **self._best.told())
        await self._desk.tell("race", step=0, state="start", **self._start.told())
        if not selection.takes_over(found, self._best.penalty):
            self._best = self._start

    # -- asking --

    def _order(self, *purpose: object) -> list[str]:
        return chance.shuffled(self._task.cases, str, self._task.seed, *purpose)

    async def _measure(self, wanted: Sequence[tuple[Tried, Sequence[str], int]]) -> None:
        """Measure what is not known yet, all at once."""
        open_: list[tuple[Tried, str, int]] = [
            (tried, case_id, repeat)
            for tried, case_ids, repeat in wanted
            for case_id in tried.lacks(case_ids, repeat)
        ]
        if not open_:
            return
        roles = self._roles
        done = await self._desk.batch(
            [lambda one=one: roles.measure(*one) for one in open_],  # type: ignore[misc]
            len(open_) * roles.worst_calls,
        )
        for (tried, case_id, repeat), measured in zip(open_, done, strict=True):
            tried.measured[case_id, repeat] = measured
