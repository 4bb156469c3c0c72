"""The server through the unmodified SDK, and as other clients would write to it."""

from __future__ import annotations

import json
import struct
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials

from core.sandbox.process import SandboxProcess, SandboxSettings


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    process = SandboxProcess.start(SandboxSettings(latency_ms=1, chunk_rate=500))
    yield process.base_url
    process.stop()


@pytest.fixture(scope="module", params=["gemini", "platform"])
def client(url: str, request: pytest.FixtureRequest) -> Iterator[genai.Client]:
    options = types.HttpOptions(
        base_url=url,
        api_version="v1beta" if request.param == "gemini" else "v1beta1",
        retry_options=types.HttpRetryOptions(attempts=1),
        timeout=20_000,
    )
    if request.param == "gemini":
        made = genai.Client(vertexai=False, api_key="k", http_options=options)
    else:
        made = genai.Client(
            vertexai=True,
            project="p",
            location="global",
            credentials=Credentials(token="local"),  # type: ignore[no-untyped-call]
            http_options=options,
        )
    yield made
    made.close()


def test_generate_stream_and_count_agree(client: genai.Client) -> None:
    text = "Summarize in 1 sentence.\n\nThe cat sat. The dog ran after the cat all day long."
    whole = client.models.generate_content(model="sandbox-flash-2", contents=text)
    chunks = list(client.models.generate_content_stream(model="sandbox-flash-2", contents=text))
    assert whole.text == "".join(chunk.text or "" for chunk in chunks)
    assert len(chunks) > 1
    assert [chunk.candidates[0].finish_reason for chunk in chunks[:-1]] == [None] * (
        len(chunks) - 1
    )
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert whole.model_version == "sandbox-flash-2"
    assert whole.response_id
    counted = client.models.count_tokens(model="sandbox-flash-2", contents=text).total_tokens
    assert counted == whole.usage_metadata.prompt_token_count
    assert whole.usage_metadata.total_token_count == counted + (
        whole.usage_metadata.candidates_token_count
    )


def test_the_same_request_gets_the_same_answer_and_temperature_varies_it(
    client: genai.Client,
) -> None:
    def ask(**config: Any) -> str | None:
        return client.models.generate_content(
            model="sandbox-flash-2",
            contents="Choose one of: red, green, blue\n\nhm",
            config=types.GenerateContentConfig(**config),
        ).text

    assert len({ask() for _ in range(4)}) == 1
    assert len({ask(temperature=1.5, seed=7) for _ in range(4)}) == 1
    assert len({ask(temperature=2.0, seed=seed) for seed in range(30)}) > 1


def test_models_are_listed_as_simulated(url: str) -> None:
    with urllib.request.urlopen(f"{url}/v1beta/models") as answer:
        models = {m["name"]: m for m in json.load(answer)["models"]}
    assert {"models/sandbox-pro-2", "models/sandbox-flash-2", "models/sandbox-flash-1"} <= set(
        models
    )
    assert all("simulated" in m["description"].lower() for m in models.values())
    assert "Retires" in models["models/sandbox-flash-1"]["description"]


def test_an_unknown_model_is_googles_404(client: genai.Client) -> None:
    with pytest.raises(genai.errors.ClientError) as caught:
        client.models.generate_content(model="sandbox-flash-0", contents="x")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_the_retiring_model_says_so_in_its_replies(url: str) -> None:
    body = {"contents": [{"parts": [{"text": "hi"}]}]}
    reply = post(url, "v1beta/models/sandbox-flash-1:generateContent", body)
    assert reply["modelStatus"]["modelStage"] == "LEGACY"


def test_schema_is_filled_with_valid_data(client: genai.Client) -> None:
    reply = client.models.generate_content(
        model="sandbox-pro-2",
        contents="注文番号 AB-123 が 2026年11月1日 から届きません。",
        config=types.GenerateContentConfig(
            response_mime_type="application/json",
            response_schema={
                "type": "OBJECT",
                "properties": {
                    "order_id": {"type": "STRING"},
                    "date": {"type": "STRING"},
                    "kind": {"type": "STRING", "enum": ["delivery", "refund"]},
                    "tags": {"type": "ARRAY", "items": {"type": "STRING"}, "min_items": 1},
                },
                "required": ["order_id", "date", "kind", "tags"],
            },
        ),
    )
    data = json.loads(reply.text or "")
    assert (data["order_id"], data["date"]) == ("AB-123", "2026年11月1日")
    assert data["kind"] in ("delivery", "refund") and data["tags"]


def test_a_declared_function_is_called_and_its_result_answered(client: genai.Client) -> None:
    tool = types.Tool(
        function_declarations=[
            types.FunctionDeclaration(
                name="get_order",
                description="look up an order by its number",
                parameters_json_schema={
                    "type": "object",
                    "properties": {"order_id": {"type": "string"}},
                },
            )
        ]
    )
    config = types.GenerateContentConfig(
        tools=[tool],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    asked = types.Content(role="user", parts=[types.Part(text="look up order AB-99")])
    reply = client.models.generate_content(model="sandbox-flash-2", contents=[asked], config=config)
    (call,) = reply.function_calls or ()
    assert (call.name, call.args) == ("get_order", {"order_id": "AB-99"})
    result = types.Part.from_function_response(name="get_order", response={"status": "shipped"})
    answered = client.models.generate_content(
        model="sandbox-flash-2",
        contents=[asked, reply.candidates[0].content, types.Content(role="user", parts=[result])],
        config=config,
    )
    assert "shipped" in (answered.text or "")


def test_limits_of_the_request_are_kept(client: genai.Client) -> None:
    def ask(**config: Any) -> types.GenerateContentResponse:
        return client.models.generate_content(
            model="sandbox-flash-2",
            contents="hello there my friend, what a day it is",
            config=types.GenerateContentConfig(**config),
        )

    short = ask(max_output_tokens=3)
    assert short.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    assert short.usage_metadata.candidates_token_count == 3
    assert "there" not in (ask(stop_sequences=["there"]).text or "there")
    with pytest.raises(genai.errors.ClientError, match="Multiple candidates"):
        ask(candidate_count=2)


def test_thinking_that_uses_up_the_limit_leaves_no_text(client: genai.Client) -> None:
    reply = client.models.generate_content(
        model="sandbox-pro-2",
        contents="hello",
        config=types.GenerateContentConfig(
            max_output_tokens=10,
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.HIGH),
        ),
    )
    assert reply.text is None
    assert reply.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


def test_an_image_is_measured_and_a_broken_one_refused(client: genai.Client) -> None:
    def ask(data: bytes) -> str | None:
        part = types.Part.from_bytes(data=data, mime_type="image/png")
        return client.models.generate_content(
            model="sandbox-flash-2", contents=["What is this?", part]
        ).text

    assert "640 × 480" in (ask(png(640, 480)) or "")
    # The SDK writes these as `-` and `_`.
    assert "640 × 480" in (ask(png(640, 480) + b"\xff\xfe\xfb" * 40) or "")
    with pytest.raises(genai.errors.ClientError, match="input image"):
        ask(b"not a picture")


def post(url: str, path: str, body: Any) -> Any:
    request = urllib.request.Request(
        f"{url}/{path}",
        data=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def test_camel_case_clients_are_understood(url: str) -> None:
    reply = post(
        url,
        "v1beta/models/sandbox-flash-2:generateContent",
        {
            "contents": [{"parts": [{"text": "hello there"}]}],
            "generationConfig": {
                "maxOutputTokens": 2,
                "thinkingConfig": {"includeThoughts": False},
            },
        },
    )
    assert reply["candidates"][0]["finishReason"] == "MAX_TOKENS"


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"{}", b'{"contents": []}', b"\xff\xfe"])
def test_what_is_no_request_is_a_400(url: str, body: bytes) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(url, "v1beta/models/sandbox-flash-2:generateContent", body)
    assert caught.value.code == 400
    assert json.load(caught.value)["error"]["status"] == "INVALID_ARGUMENT"


def test_fault_switches_are_only_text_unless_asked_for(url: str) -> None:
    body = {"contents": [{"parts": [{"text": "[[fault:unavailable]] hello"}]}]}
    assert post(url, "v1beta/models/sandbox-flash-2:generateContent", body)["candidates"]


def test_embeddings_have_length_one_and_likeness_shows(client: genai.Client) -> None:
    def vector(text: str) -> list[float]:
        reply = client.models.embed_content(model="gemini-embedding-001", contents=text)
        return list(reply.embeddings[0].values or ())

    near, far, base = vector("ログインできません"), vector("weather"), vector("ログインできない")
    assert sum(v * v for v in base) == pytest.approx(1)

    def dot(a: list[float], b: list[float]) -> float:
        return sum(x * y for x, y in zip(a, b, strict=True))

    assert dot(base, near) > dot(base, far)


def test_a_prompt_of_megabytes_does_not_hang(url: str) -> None:
    body = {
        "contents": [{"parts": [{"text": "要約してください。\n\n" + "長い文章です。" * 400_000}]}]
    }
    assert post(url, "v1beta/models/sandbox-pro-2:generateContent", body)["candidates"]
