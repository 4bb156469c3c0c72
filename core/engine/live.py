"""Calls as they happen: what pages watch.

The engine's loop writes, any thread reads. Finished calls are kept a while, so that a page that
was reloaded can attach again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Literal

from core.errors import WorkbenchError
from core.records.runs import CallContext, Outcome, Reply, Request

LiveState = Literal["queued", "waiting", "sent", "streaming", "done"]
KEEP_S = 300.0
SWEEP_S = 10.0
"""How often old calls are looked for: a job begins hundreds a second."""


class LiveRun:
    """One call under way. `version` grows with every change."""

    def __init__(self, run_id: str, request: Request, context: CallContext) -> None:
        self.run_id = run_id
        self.request = request
        self.context = context
        self.state: LiveState = "queued"
        self.wait_reason = ""
        self.attempt = 0
        self.started = time.monotonic()
        self.first_token_ms: float | None = None
        self.extras: Mapping[str, Any] = {}
        self.reply: Reply | None = None
        self.cost_usd: float | None = None
        self.error: WorkbenchError | None = None
        self.version = 0
        self.finished: Future[None] = Future()
        self.canceller: Callable[[], None] | None = None
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._changed = threading.Condition()
        self._watchers = 0

    # -- any thread --

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self._texts)

    @property
    def thoughts(self) -> str:
        """The model's thoughts so far."""
        return "".join(self._thoughts)

    @property
    def outcome(self) -> Outcome | None:
        """The outcome, once there is one."""
        return self.reply.outcome if self.reply else None

    @property
    def done(self) -> bool:
        """Whether it is over and committed."""
        return self.state == "done"

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; False when it has not come in time."""
        return self._until(lambda: self.done, timeout)

    def wait_change(self, seen: int, timeout: float) -> int:
        """Wait until `version` differs from `seen` or it is over; returns the version now."""
        self._until(lambda: self.version != seen or self.done, timeout)
        return self.version

    def cancel(self) -> None:
        """Stop the call; what came so far is kept."""
        if self.canceller is not None and not self.done:
            self.canceller()

    def _until(self, reached: Callable[[], bool], timeout: float | None) -> bool:
        with self._changed:
            self._watchers += 1
            try:
                return self._changed.wait_for(reached, timeout)
            finally:
                self._watchers -= 1

    # -- the engine's loop --

    def change(self, state: LiveState, reason: str = "") -> None:
        """Enter a state and tell whoever watches."""
        self.state, self.wait_reason = state, reason
        self.touch()

    def add(self, text: str, thought: str) -> None:
        """A chunk came."""
        if text:
            self._texts.append(text)
        if thought:
            self._thoughts.append(thought)
        self.state = "streaming"
        self.touch()

    def touch(self) -> None:
        """Something changed."""
        self.version += 1
        if self._watchers:
            with self._changed:
                self._changed.notify_all()

    def finish(self, reply: Reply | None, error: WorkbenchError | None = None) -> None:
        """It is over: a reply that is committed, or an error and nothing was sent."""
        self.reply, self.error = reply, error
        if reply is not None:
            self.extras = reply.extras
        with self._changed:
            self.state = "done"
            self.version += 1
            self._changed.notify_all()
        self.finished.set_result(None)


class LiveRuns:
    """The registry: of the process, so that it outlives every page and session."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._runs: dict[str, tuple[LiveRun, float | None]] = {}
        self._lock = threading.Lock()
        self._swept = float("-inf")

    def add(self, run: LiveRun) -> None:
        """Watchable from now on; those that ended long ago are dropped."""
        now = self._clock()
        with self._lock:
            if now - self._swept > SWEEP_S:
                self._swept = now
                self._sweep(now)
            self._runs[run.run_id] = (run, None)

    def _sweep(self, now: float) -> None:
        old = [
            key
            for key, (_, ended) in self._runs.items()
            if ended is not None and now - ended > KEEP_S
        ]
        for key in old:
            del self._runs[key]

    def ended(self, run: LiveRun) -> None:
        """Start the time it is still kept."""
        with self._lock:
            self._runs[run.run_id] = (run, self._clock())

    def get(self, run_id: str) -> LiveRun | None:
        """The call, if it is under way or ended recently."""
        with self._lock:
            found = self._runs.get(run_id)
        return found[0] if found else None

    def of_group(self, group_id: str) -> list[LiveRun]:
        """The calls of one click, in the order they were asked for."""
        return [run for run in self.all() if run.context.group_id == group_id]

    def all(self) -> list[LiveRun]:
        """Everything that is under way or ended recently, oldest first."""
        with self._lock:
            return [run for run, _ in self._runs.values()]
