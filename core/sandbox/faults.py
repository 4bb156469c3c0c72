"""Fault switches, for tests: a header `x-sandbox-fault` or a marker `[[fault:KIND k=v]]` in the
text. They are obeyed only by a server that was started with them on."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_MARK = re.compile(r"\[\[fault:\s*([a-z_]+)((?:\s+[a-z_]+=[^\s\]]+)*)\s*\]\]")

# Kind -> HTTP status and Google's status word.
ERRORS = {
    "rate_limit": (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    "day_quota": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota for today."),
    "unavailable": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "server_error": (500, "INTERNAL", "An internal error has occurred."),
    "unauthorized": (401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
    "forbidden": (403, "PERMISSION_DENIED", "The caller does not have permission."),
    "not_found": (404, "NOT_FOUND", "The model is not found or is no longer available."),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is to go wrong with one request."""

    kind: str
    values: dict[str, str] = field(default_factory=dict)

    def number(self, name: str, default: float) -> float:
        """A numeric setting of the fault."""
        return float(self.values.get(name, default))


class Faults:
    """Reads switches, and counts for those that stop after some times."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, header: str | None, body: dict[str, Any]) -> Fault | None:
        """The fault of a request, if it still applies."""
        text = json.dumps(body, ensure_ascii=False)
        if header:
            kind, *settings = header.split(";")
        else:
            mark = _MARK.search(text)
            if mark is None:
                return None
            kind, settings = mark[1], mark[2].split()
        values = dict(one.strip().split("=", 1) for one in settings if "=" in one)
        fault = Fault(kind.strip(), values)
        if "times" in values:
            key = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
            self._seen[key] += 1
            if self._seen[key] > fault.number("times", 1):
                return None
        return fault


def error_body(status: int, word: str, message: str, details: list[Any] | None = None) -> Any:
    """Google's form of an error."""
    error: dict[str, Any] = {"code": status, "message": message, "status": word}
    if details:
        error["details"] = details
    return {"error": error}


def as_error(fault: Fault) -> tuple[int, Any] | None:
    """Status and body of a fault that is an HTTP error."""
    if fault.kind not in ERRORS:
        return None
    status, word, message = ERRORS[fault.kind]
    details: list[Any] = []
    if fault.kind == "rate_limit" and "retry" in fault.values:
        details.append(
            {
                "@type": "type.googleapis.com/google.rpc.RetryInfo",
                "retryDelay": f"{fault.values['retry']}s",
            }
        )
    if fault.kind == "day_quota":
        details.append(
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}],
            }
        )
    return status, error_body(status, word, message, details)


def without_marks(text: str) -> str:
    """The text as the engine should read it."""
    return _MARK.sub("", text)
