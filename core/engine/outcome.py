"""From what happened on the wire to a named outcome. Pure.

Google's SDK lets six families of exceptions through (its own API errors, JSON errors, pydantic's,
two HTTP libraries' and google-auth's). They are told apart by module and class name, so that this
file imports none of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.engine.redact import redact
from core.records.runs import Failure, Outcome

Retry = Literal["transient", "permanent"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an attempt failed, and whether another may help.

    `billed` says whether the service may charge for it: None means nobody knows.
    """

    outcome: Outcome
    failure: Failure
    retry: Retry
    billed: bool | None = False


# HTTP status -> outcome, code, whether another attempt may help.
STATUS: dict[int, tuple[Outcome, str, Retry]] = {
    400: ("refused_by_server", "bad_request", "permanent"),
    401: ("refused_by_server", "auth", "permanent"),
    403: ("refused_by_server", "auth", "permanent"),
    404: ("refused_by_server", "model_not_found", "permanent"),
    408: ("unavailable", "unavailable", "transient"),
    429: ("rate_limited", "rate_limited", "transient"),
    499: ("cancelled", "cancelled", "permanent"),
    500: ("unavailable", "server_error", "transient"),
    502: ("unavailable", "unavailable", "transient"),
    503: ("unavailable", "unavailable", "transient"),
    504: ("unavailable", "unavailable", "transient"),
}

# Class name -> outcome, code, whether another attempt may help, billed. The first match of the
# class or one of its bases holds.
LOCAL: dict[str, tuple[Outcome, str, Retry, bool | None]] = {
    # Never reached the service.
    "ClientConnectorError": ("unavailable", "not_reached", "transient", False),
    "ClientConnectionResetError": ("unknown", "connection_lost", "transient", None),
    "ConnectError": ("unavailable", "not_reached", "transient", False),
    "ConnectTimeout": ("unavailable", "not_reached", "transient", False),
    "GoogleAuthError": ("refused_by_server", "no_credentials", "permanent", False),
    # Answered, but not readable: it may have been billed.
    "JSONDecodeError": ("unknown", "bad_response", "transient", None),
    "UnknownApiResponseError": ("unknown", "bad_response", "transient", None),
    "ValidationError": ("unknown", "bad_response", "permanent", None),
    # Broke off after sending.
    "ClientPayloadError": ("unknown", "connection_lost", "transient", None),
    "ServerDisconnectedError": ("unknown", "connection_lost", "transient", None),
    "ClientOSError": ("unknown", "connection_lost", "transient", None),
    "RemoteProtocolError": ("unknown", "connection_lost", "transient", None),
    "ReadError": ("unknown", "connection_lost", "transient", None),
    "ReadTimeout": ("timed_out", "timed_out", "permanent", None),
    "TimeoutError": ("timed_out", "timed_out", "permanent", None),
    "ValueError": ("refused_by_server", "bad_request", "permanent", False),
}

BLOCKED = frozenset(
    ("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
     "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR")
)  # fmt: skip


def trouble_of(error: BaseException) -> Trouble:
    """What an exception from the SDK or the network means."""
    code = getattr(error, "code", None)
    if isinstance(code, int) and hasattr(error, "details"):
        return _of_status(error, code)
    for kind in type(error).__mro__:
        if kind.__name__ in LOCAL:
            outcome, name, retry, billed = LOCAL[kind.__name__]
            return Trouble(outcome, Failure(name, _words(error)), retry, billed)
    return Trouble("unknown", Failure("unexpected", _words(error)), "permanent", None)


def _of_status(error: Any, code: int) -> Trouble:
    outcome, name, retry = STATUS.get(
        code,
        ("unavailable", "server_error", "transient")
        if code >= 500
        else ("refused_by_server", "refused", "permanent"),
    )
    message = redact(str(getattr(error, "message", None) or error))
    details = _details(error.details)
    if code == 400 and _mentions(details, message, "API_KEY_INVALID", "API key not valid"):
        name = "auth"
    if code >= 500 and _mentions(details, message, "PERMISSION_DENIED"):
        # Resellers wrap a withdrawal in a 503.
        outcome, name, retry = "refused_by_server", "auth", "permanent"
    if code == 429 and is_daily_quota(details):
        name, retry = "daily_quota", "permanent"
    failure = Failure(name, message, http_status=code, retry_after_s=retry_after(details))
    return Trouble(outcome, failure, retry)


def _details(raw: Any) -> list[Mapping[str, Any]]:
    """The `details` of Google's error body, whatever surrounds them."""
    body = next(iter(_mappings(raw)), raw)
    if not isinstance(body, Mapping):
        return []
    error = body.get("error", body)
    return _mappings(error.get("details")) if isinstance(error, Mapping) else []


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a JSON array; none when it is not one."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _mentions(details: Sequence[Mapping[str, Any]], message: str, *words: str) -> bool:
    return any(word in message or word in str(details) for word in words)


def retry_after(details: Sequence[Mapping[str, Any]]) -> float | None:
    """Seconds that `google.rpc.RetryInfo` asks to wait, as in `"retryDelay": "53.2s"`."""
    for item in details:
        if str(item.get("@type", "")).endswith("google.rpc.RetryInfo"):
            text = str(item.get("retryDelay", "")).removesuffix("s")
            try:
                seconds = float(text)
            except ValueError:
                return None
            return seconds if 0 <= seconds < 86_400 * 7 else None
    return None


def is_daily_quota(details: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a quota that only comes back tomorrow was exceeded."""
    for item in details:
        if str(item.get("@type", "")).endswith("google.rpc.QuotaFailure"):
            for violation in _mappings(item.get("violations")):
                quota = f"{violation.get('quotaId', '')} {violation.get('quotaMetric', '')}"
                if "perday" in quota.lower().replace("_", "").replace(" ", ""):
                    return True
    return False


def _words(error: BaseException) -> str:
    # aiohttp prints the object that checks certificates, which tells nobody anything.
    told = re.sub(r" ssl:(<[^>]*>|default|None)", "", str(error).strip())
    return redact(told or type(error).__name__)


def outcome_of(
    finish_reason: str | None, *, has_content: bool, block_reason: str | None
) -> tuple[Outcome, Failure | None]:
    """What a complete reply means. `has_content`: text or a function call came."""
    if block_reason:
        return "blocked", Failure("prompt_blocked", f"The prompt was blocked: {block_reason}")
    if finish_reason in BLOCKED:
        return "blocked", Failure("blocked", f"The answer was blocked: {finish_reason}")
    if finish_reason == "MAX_TOKENS":
        if has_content:
            return "truncated", None
        return "empty", Failure(
            "no_room_for_text", "The output limit was used up before any text, as by thinking."
        )
    if not has_content:
        return "empty", Failure(
            "empty", f"The model said nothing ({finish_reason or 'no reason'})."
        )
    if finish_reason is None:
        return "unknown", Failure("cut_short", "The answer ended without a finish reason.")
    return "ok", None
