"""Runs between record and row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from core.records.runs import (
    CallContext,
    Failure,
    Reply,
    Request,
    Run,
    RunSummary,
    Usage,
)
from core.store.calls import context_from, context_json
from core.store.database import to_aware
from core.store.handle import searchable

EXCERPT = 200
RunRow = tuple[Any, ...]

RUN_COLUMNS: tuple[tuple[str, str], ...] = (
    ("id", "uuid"),
    ("created_at", "timestamp"),
    ("actor", "text"),
    ("purpose", "text"),
    ("prompt_id", "uuid"),
    ("version_id", "uuid"),
    ("group_id", "text"),
    ("job_id", "text"),
    ("connection", "text"),
    ("requested_model", "text"),
    ("served_model", "text"),
    ("outcome", "text"),
    ("finish_reason", "text"),
    ("input_tokens", "bigint"),
    ("output_tokens", "bigint"),
    ("thinking_tokens", "bigint"),
    ("cached_tokens", "bigint"),
    ("tool_tokens", "bigint"),
    ("cost_usd", "double"),
    ("first_token_ms", "double"),
    ("total_ms", "double"),
    ("attempts", "integer"),
    ("input_excerpt", "text"),
    ("output_excerpt", "text"),
    ("request", "text"),
    ("context", "text"),
    ("output", "text"),
    ("details", "text"),
    ("search", "text"),
)

SUMMARY_COLUMNS = (
    "id, created_at, actor, purpose, connection, requested_model, served_model, outcome, "
    "input_excerpt, output_excerpt, prompt_id, version_id, input_tokens, output_tokens, "
    "thinking_tokens, cached_tokens, tool_tokens, cost_usd, first_token_ms, total_ms"
)
RUN_FIELDS = (
    "id, created_at, request, context, output, details, served_model, outcome, finish_reason, "
    "input_tokens, output_tokens, thinking_tokens, cached_tokens, tool_tokens, cost_usd, "
    "first_token_ms, total_ms, attempts, prompt_id, version_id"
)


def run_row(
    *,
    run_id: str,
    created_at: datetime,
    request: Request,
    request_json: str,
    context: CallContext,
    reply: Reply,
    cost_usd: float | None,
    price: Mapping[str, Any] | None,
    attempts: int,
) -> RunRow:
    """The row of a settled run, in the order of RUN_COLUMNS."""
    asked = "\n".join(turn.text for turn in request.turns)
    text = reply.text
    details = json.dumps(
        {
            "extras": reply.extras,
            "safety": reply.safety,
            "chunks": reply.chunks,
            "failure": asdict(reply.failure) if reply.failure else None,
            "price": price,
        },
        ensure_ascii=False,
        default=str,
    )
    usage = reply.usage
    return (
        run_id, created_at, context.actor, context.purpose, context.prompt_id,
        context.version_id, context.group_id, context.job_id, request.connection, request.model,
        reply.served_model, reply.outcome, reply.finish_reason,
        bigint(usage.input), bigint(usage.output), bigint(usage.thinking), bigint(usage.cached),
        bigint(usage.tool),
        cost_usd, reply.first_token_ms, reply.total_ms, attempts,
        (asked or request.system)[:EXCERPT], text[:EXCERPT],
        request_json, context_json(context), text, details,
        searchable("\n".join((request.system, asked, text))),
    )  # fmt: skip


def bigint(count: int | None) -> int | None:
    """A count of the service as the column takes it; an absurd one is as good as none."""
    return count if count is not None and 0 <= count < 2**63 else None


def summary(row: Sequence[Any], about: Mapping[str, Any]) -> RunSummary:
    """A line of the history from SUMMARY_COLUMNS; `about` has what other tables know of it."""
    return RunSummary(
        id=str(row[0]),
        created_at=to_aware(row[1]),
        created_by=row[2],
        purpose=row[3],
        connection=row[4],
        requested_model=row[5],
        served_model=row[6],
        outcome=row[7],
        input_excerpt=row[8],
        output_excerpt=row[9],
        prompt_id=str(row[10]) if row[10] else None,
        version_id=str(row[11]) if row[11] else None,
        usage=Usage(*row[12:17]),
        cost_usd=row[17],
        first_token_ms=row[18],
        total_ms=row[19],
        **about,
    )


def run(row: Sequence[Any], about: Mapping[str, Any]) -> Run:
    """A whole run from RUN_FIELDS."""
    details: dict[str, Any] = json.loads(row[5])
    failure = details["failure"]
    return Run(
        id=str(row[0]),
        created_at=to_aware(row[1]),
        request=Request.from_json(row[2]),
        context=context_from(row[3]),
        reply=Reply(
            outcome=row[7],
            text=row[4],
            served_model=row[6],
            finish_reason=row[8],
            extras=details["extras"],
            safety=tuple(details["safety"]),
            usage=Usage(*row[9:14]),
            first_token_ms=row[15],
            total_ms=row[16],
            chunks=tuple((ms, length) for ms, length in details["chunks"]),
            failure=Failure(**failure) if failure else None,
        ),
        cost_usd=row[14],
        price=details["price"],
        attempts=row[17],
        **about,
    )
