"""Runs: one logical model call, its request, its outcome, its attempts on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from core.records.prompts import DEFAULTS, Parameters, Turn, parameters_from, turns_from

Outcome = Literal[
    "ok",
    "blocked",
    "truncated",
    "empty",
    "rate_limited",
    "unavailable",
    "refused_by_server",
    "timed_out",
    "cancelled",
    "unknown",
]
OUTCOMES: tuple[Outcome, ...] = (
    "ok",
    "blocked",
    "truncated",
    "empty",
    "rate_limited",
    "unavailable",
    "refused_by_server",
    "timed_out",
    "cancelled",
    "unknown",
)


@dataclass(frozen=True, slots=True)
class Request:
    """A rendered request: variables are filled in, nothing is left to decide.

    `functions` and `response_schema` are JSON texts as in `PromptSpec`.
    """

    connection: str
    model: str
    turns: tuple[Turn, ...]
    system: str = ""
    parameters: Parameters = DEFAULTS
    functions: str = ""
    google_search: bool = False
    response_schema: str = ""

    def to_json(self) -> str:
        """Canonical JSON: equal requests give equal text."""
        return json.dumps(
            self, default=_fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )

    @classmethod
    def from_json(cls, text: str) -> Request:
        """Read what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        data["turns"] = turns_from(data["turns"])
        data["parameters"] = parameters_from(data["parameters"])
        return cls(**data)


def _fields(record: Any) -> dict[str, Any]:
    """A record's own fields; `dataclasses.asdict` copies what is in them too, for every call."""
    found = {field.name: getattr(record, field.name) for field in fields(record)}
    # Requests from before there was such a parameter keep their text, and so their names.
    if isinstance(record, Parameters) and record.candidate_count is None:
        del found["candidate_count"]
    return found


@dataclass(frozen=True, slots=True)
class CallContext:
    """Why a call is made and for whom; stored with the run, never sent.

    `group_id` joins the runs of one click (repeats). `foreground` calls overtake jobs.
    `spec_sha256` finds the unsaved prompt behind the request, kept as a blob, so that the
    editor can open it again with its variables; not needed when `version_id` says it.
    `unit` says which part of the group or job the call answers, so that what a killed process
    had finished is found again.
    """

    actor: str
    purpose: str = "prompt"
    prompt_id: str | None = None
    version_id: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    group_id: str | None = None
    repeat: int = 0
    job_id: str | None = None
    foreground: bool = True
    spec_sha256: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service counted them; None where it did not say."""

    input: int | None = None
    output: int | None = None
    thinking: int | None = None
    cached: int | None = None
    tool: int | None = None


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer: a code for programs, the service's words (redacted) for people."""

    code: str
    message: str
    http_status: int | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back on one attempt.

    `extras` is JSON data beside the text: `thoughts` (text), `function_calls`
    (list of name and args), `sources` (list of title and uri), `search_queries`.
    `chunks` are pairs (milliseconds after sending, characters) for replaying the stream.
    """

    outcome: Outcome
    text: str = ""
    served_model: str | None = None
    finish_reason: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)
    safety: tuple[Mapping[str, Any], ...] = ()
    usage: Usage = NO_USAGE
    first_token_ms: float | None = None
    total_ms: float | None = None
    chunks: tuple[tuple[int, int], ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try on the wire. `settled_at` is None while it is in flight."""

    id: str
    run_id: str
    number: int
    sent_at: datetime
    reserved_usd: float
    settled_at: datetime | None = None
    outcome: Outcome | None = None
    cost_usd: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A logical call with its final outcome.

    `cost_usd` is None when no price is known or nothing was answered; an `unknown` run keeps
    what was reserved for it in `cost_usd`, because it may have been paid.
    """

    id: str
    created_at: datetime
    request: Request
    context: CallContext
    reply: Reply
    cost_usd: float | None = None
    price: Mapping[str, Any] | None = None
    attempts: int = 1
    starred: bool = False
    deleted: bool = False
    prompt_name: str | None = None
    version_number: int | None = None
    memo: str = ""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A line of the history: the texts are cut to their first 200 characters."""

    id: str
    created_at: datetime
    created_by: str
    purpose: str
    connection: str
    requested_model: str
    served_model: str | None
    outcome: Outcome
    input_excerpt: str
    output_excerpt: str
    prompt_id: str | None = None
    prompt_name: str | None = None
    version_id: str | None = None
    version_number: int | None = None
    usage: Usage = NO_USAGE
    cost_usd: float | None = None
    first_token_ms: float | None = None
    total_ms: float | None = None
    starred: bool = False
    memo: str = ""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs; every field that is set must hold. Times are aware UTC, `until` exclusive.

    `search` is looked for in the rendered prompt, the output and the memo, after NFKC and
    casefolding. `label` means: runs of the version that carries it now.
    """

    search: str = ""
    prompt_id: str | None = None
    version_id: str | None = None
    label: str | None = None
    connection: str | None = None
    model: str | None = None
    outcome: Outcome | None = None
    actor: str | None = None
    purpose: str | None = None
    purposes: tuple[str, ...] | None = None
    group_id: str | None = None
    job_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_cost_usd: float | None = None
    max_cost_usd: float | None = None
    starred: bool | None = None
    saved: bool | None = None
    deleted: bool = False


MAYBE_BILLED: tuple[Outcome, ...] = ("cancelled", "timed_out", "unknown")
"""Nobody counted what these cost: their cost is the most it can be."""

OWN_FAILURES = frozenset({"cancelled", "cut_short", "empty", "no_room_for_text", "process_ended"})
"""Codes of failures that no service put into words; what is told of them is translated."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """A page of the history, newest first; ask for the next one with `next_before`."""

    items: tuple[RunSummary, ...]
    next_before: str | None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """What a dead process left behind: calls that may have been paid."""

    runs: int
    at_most_usd: float
