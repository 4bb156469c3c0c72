from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.config import Secrets
from core.engine import Clients, Engine, Limits, LiveRun
from core.records.budget import Cap
from core.records.catalogue import Price
from core.records.models import Connection
from core.records.prompts import DEFAULTS, Parameters, Part, Turn
from core.records.runs import CallContext, Request
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.store import Store
from tests.wire import calls, journal

PRICE = Price(input=1.0, output=2.0)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    process = SandboxProcess.start(SandboxSettings(latency_ms=5, chunk_rate=200, faults=True))
    yield process.base_url
    process.stop()


@dataclass
class Desk:
    """An engine over a real store and the real sandbox."""

    engine: Engine
    store: Store
    url: str
    seen: int = field(default=0)

    def submit(
        self,
        text: str,
        *,
        model: str = "sandbox-flash-2",
        parameters: Parameters = DEFAULTS,
        caps: tuple[Cap, ...] = (),
        stream: bool = True,
        foreground: bool = True,
        **fields: Any,
    ) -> LiveRun:
        request = Request(
            "sandbox", model, (Turn("user", (Part(text),)),), parameters=parameters, **fields
        )
        context = CallContext("ada", foreground=foreground)
        return self.engine.submit(request, context, caps=caps, stream=stream)

    def run(self, text: str, **how: Any) -> LiveRun:
        live = self.submit(text, **how)
        assert live.wait(30)
        return live

    def on_the_wire(self, work: Callable[[], object]) -> list[dict[str, Any]]:
        before = calls(self.url)
        work()
        return journal(self.url)[before:]


@pytest.fixture
def desk(sandbox: str) -> Iterator[Desk]:
    store = Store.open(":memory:")
    engine = Engine(
        clients=Clients({"sandbox": Connection("sandbox", True, base_url=sandbox)}, Secrets()),
        ledger=store.ledger,
        blobs=store.blobs.get,
        prices=lambda surface, model, at: PRICE,
        limits=Limits(
            attempts=3, idle_timeout_s=0.6, first_byte_timeout_s=2.0, longest_backoff_s=0.05
        ),
    )
    engine.start()
    yield Desk(engine, store, sandbox)
    engine.close()
    store.close()
