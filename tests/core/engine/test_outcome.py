"""From exceptions and finish reasons to outcomes: tables, without a network."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.outcome import is_daily_quota, outcome_of, retry_after, trouble_of
from core.engine.redact import redact

RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
QUOTA = "type.googleapis.com/google.rpc.QuotaFailure"


class ApiError(Exception):
    """Shaped as the SDK's own."""

    def __init__(self, code: int, details: Any = None, message: str = "m") -> None:
        super().__init__(message)
        self.code = code
        self.details = details
        self.message = message


def body(*details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": 429, "details": list(details)}}


@pytest.mark.parametrize(
    ("error", "outcome", "code", "retry", "billed"),
    [
        (ApiError(429), "rate_limited", "rate_limited", "transient", False),
        (ApiError(503), "unavailable", "unavailable", "transient", False),
        (ApiError(418), "refused_by_server", "refused", "permanent", False),
        (ApiError(599), "unavailable", "server_error", "transient", False),
        (ApiError(400), "refused_by_server", "bad_request", "permanent", False),
        (
            ApiError(400, message="API key not valid. Please pass a valid API key."),
            "refused_by_server",
            "auth",
            "permanent",
            False,
        ),
        (
            ApiError(503, message="PERMISSION_DENIED: withdrawn"),
            "refused_by_server",
            "auth",
            "permanent",
            False,
        ),
        (TimeoutError(), "timed_out", "timed_out", "permanent", None),
        (json.JSONDecodeError("x", "y", 0), "unknown", "bad_response", "transient", None),
        (aiohttp.ClientPayloadError("x"), "unknown", "connection_lost", "transient", None),
        (aiohttp.ServerDisconnectedError(), "unknown", "connection_lost", "transient", None),
        (ValueError("x"), "refused_by_server", "bad_request", "permanent", False),
        (RuntimeError("x"), "unknown", "unexpected", "permanent", None),
    ],
)
def test_what_an_exception_means(
    error: Exception, outcome: str, code: str, retry: str, billed: bool | None
) -> None:
    trouble = trouble_of(error)
    assert (trouble.outcome, trouble.failure.code, trouble.retry, trouble.billed) == (
        outcome,
        code,
        retry,
        billed,
    )


def test_an_address_that_nobody_listens_on_is_told_without_the_librarys_objects() -> None:
    words = "Cannot connect to host a.example:443 ssl:<ssl.SSLContext object at 0x7f> [refused]"
    told = trouble_of(RuntimeError(words)).failure.message
    assert told == "Cannot connect to host a.example:443 [refused]"


def test_the_sdks_own_exceptions_are_mapped() -> None:
    from google.auth.exceptions import DefaultCredentialsError
    from google.genai.errors import UnknownApiResponseError

    assert trouble_of(DefaultCredentialsError("x")).failure.code == "no_credentials"
    assert trouble_of(UnknownApiResponseError("x")).failure.code == "bad_response"


@pytest.mark.parametrize(
    ("details", "seconds"),
    [
        ([{"@type": RETRY_INFO, "retryDelay": "53.2s"}], 53.2),
        ([{"@type": RETRY_INFO, "retryDelay": "0s"}], 0.0),
        ([{"@type": RETRY_INFO, "retryDelay": "soon"}], None),
        ([{"@type": RETRY_INFO, "retryDelay": "-1s"}], None),
        ([{"@type": RETRY_INFO}], None),
        ([], None),
    ],
)
def test_retry_info_is_read(details: list[dict[str, Any]], seconds: float | None) -> None:
    assert retry_after(details) == seconds
    assert trouble_of(ApiError(429, body(*details))).failure.retry_after_s == seconds


def test_a_daily_quota_is_not_tried_again() -> None:
    details = {"@type": QUOTA, "violations": [{"quotaId": "GenerateRequestsPerDayPerModel"}]}
    assert is_daily_quota([details])
    assert trouble_of(ApiError(429, body(details))).retry == "permanent"
    per_minute = {"@type": QUOTA, "violations": [{"quotaId": "RequestsPerMinute"}]}
    assert trouble_of(ApiError(429, body(per_minute))).retry == "transient"


@given(st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["error", "details", "@type", "violations", "retryDelay"]), x)))  # fmt: skip
def test_no_shape_of_details_is_a_crash(details: Any) -> None:
    assert trouble_of(ApiError(429, details)).outcome == "rate_limited"


@pytest.mark.parametrize(
    ("reason", "content", "block", "outcome"),
    [
        ("STOP", True, None, "ok"),
        ("STOP", False, None, "empty"),
        ("MAX_TOKENS", True, None, "truncated"),
        ("MAX_TOKENS", False, None, "empty"),
        ("SAFETY", True, None, "blocked"),
        ("RECITATION", False, None, "blocked"),
        ("PROHIBITED_CONTENT", False, None, "blocked"),
        (None, False, "SAFETY", "blocked"),
        (None, True, None, "unknown"),
        (None, False, None, "empty"),
        ("A_REASON_FROM_THE_FUTURE", True, None, "ok"),
        ("MALFORMED_FUNCTION_CALL", False, None, "empty"),
    ],
)
def test_what_a_finish_reason_means(
    reason: str | None, content: bool, block: str | None, outcome: str
) -> None:
    found, failure = outcome_of(reason, has_content=content, block_reason=block)
    assert found == outcome
    assert (failure is None) == (outcome in ("ok", "truncated"))


@pytest.mark.parametrize(
    "secret",
    [
        "AIzaSyA-1234567890abcdefghijklmnopqrstu",
        "ya29.a0AfH6SMBx_y-z",
        "Bearer abcdefghijkl.mnop",
        "https://x/y?key=hunter2hunter2",
        "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
    ],
)
def test_secrets_are_taken_out(secret: str) -> None:
    clean = redact(f"before {secret} after")
    assert secret not in clean and "hunter2" not in clean and "MIIE" not in clean
    assert clean.startswith("before ") and clean.endswith(" after")
