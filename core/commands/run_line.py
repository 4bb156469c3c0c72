"""A run as commands print it: stable JSON fields, more may be added."""

from __future__ import annotations

from typing import Any

from core.records.runs import Run


def run_line(run: Run) -> dict[str, Any]:
    """The fields of `run --json`."""
    usage = run.reply.usage
    failure = run.reply.failure
    return {
        "run_id": run.id,
        "outcome": run.reply.outcome,
        "text": run.reply.text,
        "connection": run.request.connection,
        "requested_model": run.request.model,
        "served_model": run.reply.served_model,
        "finish_reason": run.reply.finish_reason,
        "usage": {
            "input": usage.input,
            "output": usage.output,
            "thinking": usage.thinking,
            "cached": usage.cached,
        },
        "cost_usd": rounded(run.cost_usd, 10),
        "first_token_ms": rounded(run.reply.first_token_ms, 3),
        "total_ms": rounded(run.reply.total_ms, 3),
        "extras": dict(run.reply.extras),
        "failure": {"code": failure.code, "message": failure.message} if failure else None,
    }


def rounded(value: float | None, digits: int) -> float | None:
    """Without the digits that only come from binary fractions."""
    return None if value is None else round(value, digits)


def history_line(run: Run) -> dict[str, Any]:
    """The fields of `history --json`."""
    return run_line(run) | {
        "created_at": run.created_at.isoformat(),
        "prompt": run.prompt_name,
        "version": run.version_number,
        "person": run.context.actor,
        "starred": run.starred,
        "memo": run.memo,
    }
