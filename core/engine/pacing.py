"""One gate per (connection, model): how many calls are in flight, and when none may be sent.

Additive increase, multiplicative decrease: the gate starts at its ceiling, halves when the
service says it has had enough, and gains one permit per window of successes. A `retryDelay`
closes it for everybody until it has elapsed. Calls of a person overtake those of jobs, and one
permit beyond the limit is theirs alone. All methods run on the engine's loop.

A call takes two steps: it is admitted, commits that it is about to be sent, and enters. A few more
than the limit are admitted, so that the next one is committed by the time a permit comes free: a
permit that waits for a commit is a call less on the wire.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from core.engine.outcome import Trouble

# A failure of these kinds will repeat: jobs are refused at once until one call gets through.
STOPS_JOBS = frozenset(("auth", "no_credentials", "model_not_found", "daily_quota"))
AHEAD = 2
"""One more call is admitted for so many permits; with fewer permits none is."""


@dataclass(frozen=True, slots=True)
class GateState:
    """A gate as the settings page shows it. `closed_for_s` is 0 while it is open."""

    connection: str
    model: str
    limit: int
    ceiling: int
    in_use: int
    waiting: int
    closed_for_s: float
    cause: str


class _Line:
    """Calls that wait for one step: people before jobs, each in order."""

    def __init__(self, may: Callable[[bool], bool], step: Callable[[], None]) -> None:
        self._may = may
        self._step = step
        self._people: deque[asyncio.Future[None]] = deque()
        self._jobs: deque[asyncio.Future[None]] = deque()

    def __len__(self) -> int:
        return len(self._people) + len(self._jobs)

    def join(self, *, foreground: bool) -> asyncio.Future[None]:
        """A place in the line; its future is done once the step was taken."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._people if foreground else self._jobs).append(turn)
        return turn

    def leave(self, turn: asyncio.Future[None]) -> bool:
        """Give the place up. False when the step was taken in the same moment."""
        for line in (self._people, self._jobs):
            if turn in line:
                line.remove(turn)
        return turn.cancelled()

    def move(self) -> None:
        """Everybody who may takes the step."""
        for line, foreground in ((self._people, True), (self._jobs, False)):
            while line and self._may(foreground):
                turn = line.popleft()
                if not turn.done():
                    self._step()
                    turn.set_result(None)


class Gate:
    """Permits for calls to one model of a connection."""

    def __init__(self, ceiling: int, clock: Callable[[], float]) -> None:
        self.ceiling = ceiling
        self.limit = ceiling
        self.admitted = 0
        self.in_use = 0
        self.closed_until = 0.0
        self.cause = ""
        self.broken: Trouble | None = None
        self._clock = clock
        self._successes = 0
        self._halved_at = float("-inf")
        self._outside = _Line(self._may_be_admitted, self._admit)
        self._inside = _Line(self._may_enter, self._enter)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Calls that wait for a permit."""
        return len(self._outside) + len(self._inside)

    def closed_for(self) -> float:
        """Seconds until it opens again; 0 when it is open."""
        return max(0.0, self.closed_until - self._clock())

    async def admit(self, *, foreground: bool) -> None:
        """Wait until the call is among the next. Cancelling the wait leaves nothing behind."""
        turn = self._outside.join(foreground=foreground)
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if not self._outside.leave(turn):
                self.leave()
            raise

    async def enter(self, *, foreground: bool) -> None:
        """Wait for a permit, after `admit`. Cancelling the wait leaves nothing behind."""
        turn = self._inside.join(foreground=foreground)
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if self._inside.leave(turn):
                self.leave()
            else:
                self.release()
            raise

    def leave(self) -> None:
        """An admitted call is not going to be sent."""
        self.admitted -= 1
        self._wake()

    def release(self) -> None:
        """Give the permit back."""
        self.in_use -= 1
        self._wake()

    def succeeded(self) -> None:
        """A call was answered: one permit more per window of successes."""
        self.broken = None
        self._successes += 1
        if self._successes >= self.limit and self.limit < self.ceiling:
            self.limit += 1
            self._successes = 0
            self._wake()
        if self.limit == self.ceiling and not self.closed_for():
            self.cause = ""

    def failed(self, trouble: Trouble, *, sent_at: float) -> None:
        """A call failed. Overload slows everybody; what will repeat stops the jobs."""
        failure = trouble.failure
        if failure.code in STOPS_JOBS:
            self.broken = trouble
        if trouble.outcome not in ("rate_limited", "unavailable") or not failure.http_status:
            return
        self.cause = failure.message
        # Calls that were under way together tell of one overload, not of many.
        if sent_at > self._halved_at:
            self._halved_at = self._clock()
            self.limit = max(1, self.limit // 2)
            self._successes = 0
        if failure.retry_after_s is not None:
            self.closed_until = max(self.closed_until, self._clock() + failure.retry_after_s)

    def _room(self, foreground: bool) -> int:
        return self.limit + 1 if foreground else self.limit

    def _may_be_admitted(self, foreground: bool) -> bool:
        most = self._room(foreground) + self.limit // AHEAD
        return self.admitted + self.in_use < most and not self.closed_for()

    def _may_enter(self, foreground: bool) -> bool:
        return self.in_use < self._room(foreground) and not self.closed_for()

    def _admit(self) -> None:
        self.admitted += 1

    def _enter(self) -> None:
        self.admitted -= 1
        self.in_use += 1

    def _wake(self) -> None:
        """Hand out what permits there are; come back when the gate opens."""
        self._inside.move()
        self._outside.move()
        closed_for = self.closed_for()
        if closed_for and self.waiting and (self._timer is None or self._timer.cancelled()):
            # A hair later than told: never earlier, whatever the clocks' grain.
            self._timer = asyncio.get_running_loop().call_later(closed_for + 0.005, self._open)

    def _open(self) -> None:
        self._timer = None
        self._wake()


class Gates:
    """The gates of the process, made as models are called."""

    def __init__(self, ceiling: Callable[[str], int], clock: Callable[[], float]) -> None:
        self._ceiling = ceiling
        self._clock = clock
        self._gates: dict[tuple[str, str], Gate] = {}

    def of(self, connection: str, model: str) -> Gate:
        """The gate of a model on a connection."""
        key = (connection, model)
        if key not in self._gates:
            self._gates[key] = Gate(self._ceiling(connection), self._clock)
        return self._gates[key]

    def states(self) -> list[GateState]:
        """All gates, for showing."""
        return [
            GateState(connection, model, gate.limit, gate.ceiling, gate.in_use, gate.waiting,
                      gate.closed_for(), gate.cause)
            for (connection, model), gate in sorted(dict(self._gates).items())
        ]  # fmt: skip
