"""Calls on their way: what the journal of the ledger holds of them, as records and as JSON.

Text may hold lone surrogates, which UTF-8 and so the file cannot. In model output they are
replaced (`storable_reply`); what a person wrote is refused when it is about to be written, with
InvalidInput (`core.store.database.store_error`). NUL is stored as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from core.records.runs import CallContext, Failure, Reply, Request, Usage
from core.store.database import storable

_CONTEXT_FIELDS = tuple(item.name for item in fields(CallContext))
_REPLY_FIELDS = tuple(item.name for item in fields(Reply))
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


@dataclass(frozen=True, slots=True)
class Sent:
    """An attempt that is, or was, on the wire. Times are naive UTC, as stored."""

    run_id: str
    attempt: int
    attempt_id: str
    created_at: datetime
    sent_at: datetime
    reserved_usd: float
    request: Request
    request_json: str
    context: CallContext


@dataclass(frozen=True, slots=True)
class Settled:
    """The end of an attempt; a `final` one ends the run.

    A final one about an attempt that is settled already ends the run only: a call cancelled or
    given up while it waited for its next try.
    """

    sent: Sent
    settled_at: datetime
    reply: Reply
    cost_usd: float | None
    price: Mapping[str, Any] | None = None
    final: bool = False


@dataclass(slots=True)
class Call:
    """A run on its way: its settled attempts, the one in flight, and how it ended."""

    settled: list[Settled] = field(default_factory=list)
    sent: Sent | None = None
    end: Settled | None = None

    def add(self, event: Sent | Settled) -> None:
        """Take in what happened next."""
        if isinstance(event, Sent):
            self.sent = event
            return
        if self.sent is not None:
            self.settled.append(event)
            self.sent = None
        if event.final:
            self.end = event

    @property
    def cost_usd(self) -> float | None:
        """What all settled attempts cost; None when no cost is known of any."""
        known = [one.cost_usd for one in self.settled if one.cost_usd is not None]
        return sum(known) if known else None


def storable_reply(reply: Reply) -> Reply:
    """The reply with lone surrogates replaced by U+FFFD, wherever the model put them."""
    text = _encode(_reply_data(reply))
    clean = storable(text)
    return reply if clean == text else _reply_from(json.loads(clean))


def context_json(context: CallContext) -> str:
    """JSON of a context; `context_from` reads it back."""
    # dataclasses.asdict() copies deeply and would cost more than the rest of the row.
    return _encode({name: getattr(context, name) for name in _CONTEXT_FIELDS})


def context_from(text: str) -> CallContext:
    """Read what `context_json` wrote."""
    return CallContext(**json.loads(text))


def event_json(event: Sent | Settled) -> str:
    """The journal's text of an event."""
    return _sent_json(event) if isinstance(event, Sent) else _settled_json(event)


def event_from(run_id: str, text: str, last: Sent | None) -> Sent | Settled:
    """Read what `event_json` wrote; `last` is the latest sent attempt of the same run."""
    data = json.loads(text)
    if "request" in data:
        return _sent_from(run_id, data)
    if last is None:
        raise ValueError(f"the journal settles {run_id}, which was never sent")
    return _settled_from(last, data)


def _sent_json(sent: Sent) -> str:
    return _encode(
        {
            "attempt": sent.attempt,
            "attempt_id": sent.attempt_id,
            "created_at": sent.created_at.isoformat(),
            "sent_at": sent.sent_at.isoformat(),
            "reserved_usd": sent.reserved_usd,
            "request": sent.request_json,
            "context": context_json(sent.context),
        }
    )


def _sent_from(run_id: str, data: dict[str, Any]) -> Sent:
    return Sent(
        run_id=run_id,
        attempt=data["attempt"],
        attempt_id=data["attempt_id"],
        created_at=datetime.fromisoformat(data["created_at"]),
        sent_at=datetime.fromisoformat(data["sent_at"]),
        reserved_usd=data["reserved_usd"],
        request=Request.from_json(data["request"]),
        request_json=data["request"],
        context=context_from(data["context"]),
    )


def _settled_json(settled: Settled) -> str:
    return _encode(
        {
            "settled_at": settled.settled_at.isoformat(),
            "reply": _reply_data(settled.reply),
            "cost_usd": settled.cost_usd,
            "price": settled.price,
            "final": settled.final,
        }
    )


def _settled_from(sent: Sent, data: dict[str, Any]) -> Settled:
    return Settled(
        sent=sent,
        settled_at=datetime.fromisoformat(data["settled_at"]),
        reply=_reply_from(data["reply"]),
        cost_usd=data["cost_usd"],
        price=data["price"],
        final=data["final"],
    )


def _reply_data(reply: Reply) -> dict[str, Any]:
    data = {name: getattr(reply, name) for name in _REPLY_FIELDS}
    usage, failure = reply.usage, reply.failure
    data["usage"] = (usage.input, usage.output, usage.thinking, usage.cached, usage.tool)
    data["failure"] = asdict(failure) if failure else None
    return data


def _reply_from(data: dict[str, Any]) -> Reply:
    failure = data["failure"]
    return Reply(
        **{
            **data,
            "usage": Usage(*data["usage"]),
            "safety": tuple(data["safety"]),
            "chunks": tuple((ms, length) for ms, length in data["chunks"]),
            "failure": Failure(**failure) if failure else None,
        }
    )
