"""A judge over the real engine, the real sandbox and a real store; and one that says its lines."""

from __future__ import annotations

import json
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.config import Secrets
from core.engine import Clients, Engine, Limits
from core.evaluation.judge import Judge
from core.evaluation.model_metric import JudgeSettings, ModelMetric, model_metric
from core.evaluation.rubric_library import load_shipped
from core.records.budget import Cap
from core.records.catalogue import Price
from core.records.datasets import Case
from core.records.evaluations import Battle
from core.records.metrics import Sample, Score
from core.records.models import Connection
from core.records.runs import CallContext, Reply, Request
from core.store import Store

T = TypeVar("T")
CONTEXT = CallContext("ada", purpose="evaluation", foreground=False)
SHIPPED = load_shipped()
JUDGE = "sandbox:sandbox-flash-2"


def metric(name: str, **settings: Any) -> ModelMetric:
    """A shipped metric with the sandbox as its judge."""
    return model_metric(SHIPPED[name], JudgeSettings(**{"judge": JUDGE, **settings}))


def sample(response: str, case_id: str = "c1", **fields: str) -> Sample:
    """An answer to a case."""
    return Sample(case_id, response, fields)


@dataclass
class Court:
    """A judge on an engine over a real store."""

    engine: Engine
    store: Store
    judge: Judge

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.engine.run(work, 60)

    def rate(self, metric_: ModelMetric, response: str, **fields: str) -> Score:
        return self.run(self.judge.pointwise(metric_, sample(response, **fields), CONTEXT))

    def battle(self, metric_: ModelMetric, a: str, b: str, **fields: str) -> Battle:
        return self.run(
            self.judge.pairwise(metric_, Case("c1", fields), sample(a, **fields),
                                sample(b, **fields), CONTEXT, names=("old", "new"))
        )  # fmt: skip


@contextmanager
def court(url: str) -> Iterator[Court]:
    """A court that is in session."""
    store = Store.open(":memory:")
    engine = Engine(
        clients=Clients({"sandbox": Connection("sandbox", True, base_url=url)}, Secrets()),
        ledger=store.ledger,
        blobs=store.blobs.get,
        prices=lambda surface, model, at: Price(input=1.0, output=2.0),
        limits=Limits(attempts=2, longest_backoff_s=0.05),
    )
    engine.start()
    yield Court(engine, store, Judge(engine, store.rubrics))
    engine.close()
    store.close()


@dataclass
class Ended:
    """A call that ended."""

    reply: Reply | None
    run_id: str = "run"
    error: Exception | None = None


@dataclass
class Script:
    """Calls that answer with prepared texts, in order, and write down what was asked."""

    lines: list[Any]
    asked: list[Request] = field(default_factory=list)
    contexts: list[CallContext] = field(default_factory=list)
    caps: list[tuple[Cap, ...]] = field(default_factory=list)

    async def generate(
        self,
        request: Request,
        context: CallContext,
        *,
        caps: tuple[Cap, ...] = (),
        stream: bool = False,
    ) -> Ended:
        self.asked.append(request)
        self.contexts.append(context)
        self.caps.append(caps)
        line = self.lines.pop(0)
        if isinstance(line, Exception):
            return Ended(None, error=line)
        if isinstance(line, Reply):
            return Ended(line)
        text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
        return Ended(Reply("ok", text=text, served_model="judge-1-001"))


def scripted(lines: Sequence[Any], store: Store | None = None) -> tuple[Judge, Script]:
    """A judge that says the lines."""
    script = Script(list(lines))
    return Judge(script, (store or Store.open(":memory:")).rubrics), script
