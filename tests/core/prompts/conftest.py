from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import CallContext, Reply, Request
from core.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store.open(":memory:")
    yield store
    store.close()


def text_spec(text: str, **fields: Any) -> PromptSpec:
    """A prompt of one message."""
    return PromptSpec(turns=(Turn("user", (Part(text),)),), **fields)


@pytest.fixture
def add_run(store: Store) -> Callable[..., str]:
    """Settle a run as the engine would; returns its id."""

    def add(
        request: Request,
        reply: Reply | None = None,
        *,
        actor: str = "ada",
        cost_usd: float | None = 0.001,
        **context: Any,
    ) -> str:
        run_id = store.new_id()
        store.ledger.reserve_and_send(
            run_id, 1, request, CallContext(actor=actor, **context), 0.01, ()
        ).result()
        store.ledger.settle_run(
            run_id, 1, reply or Reply("ok", text="answer"), cost_usd, None
        ).result()
        return run_id

    return add
