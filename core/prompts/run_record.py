"""A run as plain JSON data, without loss, and as a row of a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from core.records.runs import CallContext, Failure, Reply, Request, Run, Usage

Cell = str | int | float | bool | datetime | None


def run_to_dict(run: Run) -> dict[str, Any]:
    """Plain JSON data; `run_from_dict` reads it back to an equal run."""
    return asdict(run) | {"created_at": run.created_at.isoformat()}


def run_from_dict(data: Mapping[str, Any]) -> Run:
    """Read what `run_to_dict` wrote, also after a trip through JSON."""
    reply = dict(data["reply"])
    reply["usage"] = Usage(**reply["usage"])
    reply["safety"] = tuple(reply["safety"])
    reply["chunks"] = tuple((ms, size) for ms, size in reply["chunks"])
    reply["failure"] = Failure(**reply["failure"]) if reply["failure"] else None
    fields = dict(data) | {
        "created_at": datetime.fromisoformat(data["created_at"]),
        "request": Request.from_json(json.dumps(data["request"])),
        "context": CallContext(**data["context"]),
        "reply": Reply(**reply),
    }
    return Run(**fields)


def run_row(run: Run) -> dict[str, Cell]:
    """A run as a row; numbers stay numbers, what has parts is JSON text."""
    usage = run.reply.usage
    return {
        "run_id": run.id,
        "created_at": run.created_at,
        "created_by": run.context.actor,
        "purpose": run.context.purpose,
        "prompt": run.prompt_name,
        "version": run.version_number,
        "connection": run.request.connection,
        "requested_model": run.request.model,
        "served_model": run.reply.served_model,
        "outcome": run.reply.outcome,
        "finish_reason": run.reply.finish_reason,
        "system": run.request.system,
        "input": input_text(run.request),
        "output": run.reply.text,
        "memo": run.memo,
        "values": json_text(dict(run.context.values)),
        "parameters": json_text(_set_parameters(run.request)),
        "extras": json_text(dict(run.reply.extras)),
        "failure": run.reply.failure.message if run.reply.failure else None,
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "thinking_tokens": usage.thinking,
        "cached_tokens": usage.cached,
        "cost_usd": run.cost_usd,
        "first_token_ms": run.reply.first_token_ms,
        "total_ms": run.reply.total_ms,
        "attempts": run.attempts,
        "starred": run.starred,
    }


def input_text(request: Request) -> str:
    """The turns as one text; with more than one, each under its role."""
    if len(request.turns) == 1:
        return request.turns[0].text
    return "\n\n".join(f"{turn.role}:\n{turn.text}" for turn in request.turns)


def json_text(value: Any) -> str:
    """JSON for people: Japanese stays readable."""
    return json.dumps(value, ensure_ascii=False)


def _set_parameters(request: Request) -> dict[str, Any]:
    values = asdict(request.parameters)
    return {key: value for key, value in values.items() if value is not None and value != ()}
