"""Comparisons for tests, made without a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from core.records.comparisons import (
    Candidate,
    Cell,
    Choice,
    ComparedInput,
    Comparison,
    Verdict,
)
from core.records.prompts import PromptSpec
from core.records.runs import CallContext, Failure, Outcome, Reply, Request, Run, Usage

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def comparison(
    columns: int = 2, rows: int = 1, repeats: int = 1, title: str = "Tone"
) -> Comparison:
    return Comparison(
        "cmp",
        title,
        tuple(
            Candidate(f"c{n}", f"Column {n}", PromptSpec(), f"sandbox:flash-{n}")
            for n in range(1, columns + 1)
        ),
        tuple(
            ComparedInput(f"i{n}", f"Input {n}", {"q": f"question {n}"}) for n in range(1, rows + 1)
        ),
        repeats,
        False,
        7,
        NOON,
        "aiko",
    )


def answered(
    row: str,
    column: str,
    text: str,
    repeat: int = 1,
    *,
    outcome: Outcome = "ok",
    chunks: Sequence[tuple[int, int]] = (),
    extras: Mapping[str, object] | None = None,
) -> Cell:
    failure = None if outcome == "ok" else Failure("code", f"said {outcome}")
    reply = Reply(
        outcome, text, served_model=f"flash-{column[1:]}", finish_reason="STOP", extras=extras or {},
        usage=Usage(10, 20), first_token_ms=100.4, total_ms=900.0, chunks=tuple(chunks), failure=failure,
    )  # fmt: skip
    run = Run(
        f"run-{row}-{column}-{repeat}", NOON, Request("sandbox", f"flash-{column[1:]}", ()),
        CallContext("aiko"), reply, cost_usd=0.01,
    )  # fmt: skip
    return Cell(row, column, repeat, run.id, run)


def verdict(
    number: int, choice: Choice, row: str = "i1", left: str = "c1", right: str = "c2", by: str = ""
) -> Verdict:
    when = NOON + timedelta(seconds=number)
    return Verdict(f"v{number:04}", "cmp", row, left, right, choice, True, when, by or f"p{number}")
