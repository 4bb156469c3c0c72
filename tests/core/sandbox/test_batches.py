"""Batch jobs through the unmodified SDK."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from core.sandbox.process import SandboxProcess, SandboxSettings


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    process = SandboxProcess.start(SandboxSettings(latency_ms=1, faults=True, batch_s=0.4))
    yield process.base_url
    process.stop()


def client(url: str) -> genai.Client:
    options = types.HttpOptions(
        base_url=url, timeout=20_000, retry_options=types.HttpRetryOptions(attempts=1)
    )
    return genai.Client(vertexai=False, api_key="k", http_options=options)


def asked(text: str, key: str) -> types.InlinedRequest:
    return types.InlinedRequest(
        model="sandbox-flash-2",
        contents=[types.Content(role="user", parts=[types.Part(text=text)])],
        metadata={"key": key},
        config=types.GenerateContentConfig(system_instruction="Choose one of: red, green"),
    )


def ended(made: genai.Client, name: str) -> types.BatchJob:
    while True:
        job = made.batches.get(name=name)
        if job.end_time is not None:
            return job
        time.sleep(0.05)


def create(made: genai.Client, *requests: types.InlinedRequest, **config: Any) -> Any:
    return made.batches.create(
        model="sandbox-flash-2", src=list(requests),
        config=types.CreateBatchJobConfig(**config),
    )  # fmt: skip


def test_a_batch_answers_as_single_calls_do_and_fails_item_by_item(url: str) -> None:
    made = client(url)
    job = create(
        made, asked("red things", "a"), asked("green [[fault:forbidden]]", "b"), display_name="d1"
    )
    assert (job.state, job.display_name) == (types.JobState.JOB_STATE_PENDING, "d1")
    assert job.dest is None
    done = ended(made, job.name)
    assert done.state == types.JobState.JOB_STATE_SUCCEEDED
    first, second = done.dest.inlined_responses
    single = made.models.generate_content(
        model="sandbox-flash-2", contents="red things", config=asked("", "").config
    )
    assert (first.metadata, first.response.text) == ({"key": "a"}, single.text)
    assert first.response.usage_metadata.prompt_token_count > 0
    assert (second.response, second.error.code) == (None, 403)


def test_a_batch_can_be_cancelled_and_is_listed(url: str) -> None:
    made = client(url)
    job = create(made, asked("red", "a"), display_name="to be cancelled")
    made.batches.cancel(name=job.name)
    done = made.batches.get(name=job.name)
    assert (done.state, done.dest) == (types.JobState.JOB_STATE_CANCELLED, None)
    listed = [one for one in made.batches.list()]
    assert "to be cancelled" in {one.display_name for one in listed}


def test_what_is_unknown_or_empty_is_refused(url: str) -> None:
    made = client(url)
    with pytest.raises(errors.ClientError) as unknown:
        made.batches.get(name="batches/none")
    assert unknown.value.code == 404
    with pytest.raises(errors.ClientError) as empty:
        create(made)
    assert empty.value.code == 400
