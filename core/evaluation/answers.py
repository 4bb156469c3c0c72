"""What a call came to, as an answer of an evaluation. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from core.prompts.repeat import LiveCall
from core.prompts.template import variables_of
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import AnswerKey, Response
from core.records.runs import Outcome, Reply

ANSWERS: frozenset[Outcome] = frozenset(("ok", "truncated", "empty"))
"""What the model said, if only nothing or not to the end. All else is an error, never a score."""


def answer_of(key: AnswerKey, live: LiveCall, *, streamed: bool) -> Response:
    """What a call came to, as an answer."""
    reply = live.reply
    assert reply is not None
    answered = reply.outcome in ANSWERS
    return Response(
        *key,
        live.run_id,
        reply.text if answered else "",
        "" if answered else reply.outcome,
        "" if answered else _problem(reply),
        total_ms=reply.total_ms,
        first_token_ms=reply.first_token_ms if streamed else None,
        cost_usd=getattr(live, "cost_usd", None),
        output_tokens=reply.usage.output,
        function_calls=tuple(reply.extras.get("function_calls", ())),
    )


def not_sent(key: AnswerKey, reason: object) -> Response:
    """There is no answer because nothing could be asked."""
    return Response(*key, None, "", "not_sent", str(reason))


def _problem(reply: Reply) -> str:
    return reply.failure.message if reply.failure else reply.finish_reason or ""


def used_values(candidate: Candidate, case: Case) -> Mapping[str, str]:
    """The values that went into the prompt, for opening it again."""
    names = variables_of(candidate.spec)
    return {name: case.fields[name] for name in names if name in case.fields}
