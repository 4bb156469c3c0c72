"""The sandbox as a child process."""

from __future__ import annotations

import json
import urllib.request

from core.sandbox.process import SandboxProcess, SandboxSettings


def test_an_answer_that_stalls_does_not_hold_up_the_end() -> None:
    process = SandboxProcess.start(SandboxSettings(latency_ms=1, faults=True))
    body = {"contents": [{"parts": [{"text": "hello [[fault:stall after=1]]"}]}]}
    request = urllib.request.Request(
        f"{process.base_url}/v1beta/models/sandbox-flash-2:streamGenerateContent?alt=sse",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.readline().startswith(b"data: ")
        process.stop()
    assert process._process.returncode == 0, "it had to be killed"
