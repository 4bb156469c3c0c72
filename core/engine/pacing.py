"""One gate per (connection, model): how many calls are in flight, and when none may be sent.

Additive increase, multiplicative decrease: the gate starts at its ceiling, halves when the
service says it has had enough, and gains one permit per window of successes. A `retryDelay`
closes it for everybody until it has elapsed. Calls of a person overtake those of jobs, and one
permit beyond the limit is theirs alone. All methods run on the engine's loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from core.engine.outcome import Trouble

# A failure of these kinds will repeat: jobs are refused at once until one call gets through.
STOPS_JOBS = frozenset(("auth", "no_credentials", "model_not_found", "daily_quota"))


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


class Gate:
    """Permits for calls to one model of a connection."""

    def __init__(self, ceiling: int, clock: Callable[[], float]) -> None:
        self.ceiling = ceiling
        self.limit = ceiling
        self.in_use = 0
        self.closed_until = 0.0
        self.cause = ""
        self.broken: Trouble | None = None
        self._clock = clock
        self._successes = 0
        self._halved_at = float("-inf")
        self._people: deque[asyncio.Future[None]] = deque()
        self._jobs: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Calls that wait for a permit."""
        return len(self._people) + len(self._jobs)

    def closed_for(self) -> float:
        """Seconds until it opens again; 0 when it is open."""
        return max(0.0, self.closed_until - self._clock())

    async def acquire(self, *, foreground: bool) -> None:
        """Wait for a permit. Cancelling the wait leaves nothing behind."""
        line = self._people if foreground else self._jobs
        if not self._people and (foreground or not self._jobs) and self._may(foreground):
            self.in_use += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()  # The permit came in the same moment.
            elif turn in line:
                line.remove(turn)
            raise

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

    def _may(self, foreground: bool) -> bool:
        room = self.limit + 1 if foreground else self.limit
        return self.in_use < room and not self.closed_for()

    def _wake(self) -> None:
        """Hand out what permits there are; come back when the gate opens."""
        for line, foreground in ((self._people, True), (self._jobs, False)):
            while line and self._may(foreground):
                turn = line.popleft()
                if not turn.done():
                    self.in_use += 1
                    turn.set_result(None)
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
