"""One question to a judge: asked, read, and asked once more when the answer is no verdict."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from core.errors import WorkbenchError
from core.evaluation import rubrics
from core.evaluation.metrics import reasons
from core.evaluation.model_metric import JudgeSettings
from core.evaluation.rubrics import UnreadableVerdict
from core.prompts.repeat import Calls
from core.records.budget import Cap
from core.records.runs import CallContext, Reply

T = TypeVar("T")
PURPOSE = "judge"
TRIES = 2
READABLE = frozenset(("ok", "truncated", "empty"))
"""Outcomes with a text to read; the engine has already repeated what may pass."""


class NoVerdict(WorkbenchError):
    """The judge could not be asked, or did not answer."""

    code = "no_verdict"


@dataclass(slots=True)
class Trail:
    """The calls behind a score, failed ones included, and the models that really answered."""

    run_ids: list[str] = field(default_factory=list)
    served: set[str] = field(default_factory=set)

    @property
    def judge_served(self) -> str:
        """The served model; several are joined, so that a change during a score shows."""
        return "+".join(sorted(self.served))


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a judge is asked, and within which spending caps."""

    context: CallContext
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a judge is given of one question; a nonce is still to be drawn."""

    language: str
    system: str
    parts: tuple[tuple[str, str], ...]
    schema: Mapping[str, Any]


def new_nonce() -> str:
    """64 random bits, in hex."""
    return secrets.token_hex(8)


class Asking:
    """Asks judges. Works on the engine's loop."""

    def __init__(self, calls: Calls, nonce: Callable[[], str] = new_nonce) -> None:
        self._calls = calls
        self._nonce = nonce

    async def ask(
        self,
        settings: JudgeSettings,
        sheet: Sheet,
        read: Callable[[str], T],
        caller: Caller,
        trail: Trail,
    ) -> T:
        """The verdict. Raises UnreadableVerdict after a second try, NoVerdict, OverBudget."""
        context = replace(caller.context, purpose=PURPOSE)
        for attempt in range(1, TRIES + 1):
            # A fresh nonce each time: a judge at temperature 0 would only repeat itself.
            message = rubrics.message(sheet.language, sheet.parts, self._nonce_for(sheet))
            request = rubrics.judge_request(
                settings.judge, sheet.system, message, sheet.schema, settings.temperature
            )
            live = await self._calls.generate(request, context, caps=caller.caps)
            reply = _answered(live.reply, live.error)
            trail.run_ids.append(live.run_id)
            if reply.served_model:
                trail.served.add(reply.served_model)
            if reply.outcome not in READABLE:
                raise NoVerdict(
                    reasons.JUDGE_SILENT, outcome=reply.outcome,
                    problem=reply.failure.message if reply.failure else "",
                )  # fmt: skip
            try:
                return read(reply.text)
            except UnreadableVerdict:
                if attempt == TRIES:
                    raise
        raise AssertionError("there is at least one try")

    def _nonce_for(self, sheet: Sheet) -> str:
        while True:
            nonce = self._nonce()
            if not any(nonce in text for _, text in sheet.parts):
                return nonce


def _answered(reply: Reply | None, error: Exception | None) -> Reply:
    if reply is not None:
        return reply
    if isinstance(error, WorkbenchError):
        raise error
    raise NoVerdict(reasons.JUDGE_STOPPED)
