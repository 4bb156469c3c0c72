"""The HTTP server: Gemini API paths, and the Agent Platform's forms of them, on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from core.sandbox import tokens, wire
from core.sandbox.batches import Batches
from core.sandbox.faults import ERRORS, Fault, Faults, as_error, error_body
from core.sandbox.models import EMBEDDING, PROFILES, Profile
from core.sandbox.settings import LOOPBACK, SandboxSettings
from core.sandbox.text.answer import Answer, answer
from core.sandbox.text.ngrams import vector

LARGEST_BODY = 64 * 1024 * 1024
CHUNK_CHARACTERS = 12
MODEL_PATHS = (
    "/{version:v1|v1beta|v1beta1}/models/{call}",
    "/{version:v1|v1beta|v1beta1}/publishers/google/models/{call}",
    "/{version:v1|v1beta|v1beta1}/projects/{project}/locations/{location}"
    "/publishers/google/models/{call}",
)


class Sandbox:
    """Answers requests; keeps only the journal and what fault switches have counted."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._faults = Faults()
        self._calls = 0
        self._journal: list[dict[str, Any]] = []
        self._batches = Batches(self._of_batch, settings.batch_s)

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=LARGEST_BODY)
        for path in MODEL_PATHS:
            app.router.add_post(path, self.call)
            app.router.add_get(path, self.get_model)
        app.router.add_get("/{version:v1|v1beta|v1beta1}/models", self.list_models)
        app.router.add_get(
            "/{version:v1|v1beta|v1beta1}/publishers/google/models", self.list_models
        )
        self._batches.add_routes(app, faults=self._settings.faults)
        if self._settings.faults:
            app.router.add_get("/sandbox/journal", self.journal)
        return app

    # -- models --

    async def list_models(self, request: web.Request) -> web.Response:
        """`models.list`, in the form of the Gemini API or of the platform."""
        every = [*(profile.listed() for profile in PROFILES.values()), EMBEDDING]
        if "publishers" not in request.path:
            return web.json_response({"models": every})
        return web.json_response(
            {"publisherModels": [{"name": f"publishers/google/{m['name']}"} for m in every]}
        )

    async def get_model(self, request: web.Request) -> web.Response:
        """`models.get`."""
        profile = PROFILES.get(request.match_info["call"])
        return web.json_response(profile.listed()) if profile else _missing(request)

    async def journal(self, request: web.Request) -> web.Response:
        """What came over the wire, for tests that count."""
        return web.json_response(self._journal)

    # -- calls --

    async def call(self, request: web.Request) -> web.StreamResponse:
        """`models/M:method`."""
        name, _, method = request.match_info["call"].partition(":")
        try:
            body = await request.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            return _error(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
        if not isinstance(body, dict):
            return _error(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
        if method in ("embedContent", "batchEmbedContents", "predict"):
            return self._embed(method, body)
        if name not in PROFILES:
            return _missing(request)
        if method == "countTokens":
            return web.json_response({"totalTokens": wire.count(body)})
        if method == "batchGenerateContent":
            self._note(request, PROFILES[name], None)
            return self._batches.create(name, body)
        if method not in ("generateContent", "streamGenerateContent"):
            return _error(404, "NOT_FOUND", f"Method {method} is not known here.")
        return await self._generate(request, PROFILES[name], body, "stream" in method)

    def _embed(self, method: str, body: Mapping[str, Any]) -> web.Response:
        def embedded(text: str, size: Any) -> list[float]:
            return vector(text, int(size or 256))

        if method == "batchEmbedContents":
            values = [
                {"values": embedded(wire.text_of(one["content"]),
                                    wire.get(one, "outputDimensionality"))}
                for one in body.get("requests") or ()
            ]  # fmt: skip
            return web.json_response({"embeddings": values})
        if method == "predict":
            size = wire.get(body.get("parameters") or {}, "outputDimensionality")
            rows = [
                {"embeddings": {"values": embedded(str(one.get("content") or ""), size)}}
                for one in body.get("instances") or ()
            ]
            return web.json_response({"predictions": rows})
        text = wire.text_of(body.get("content"))
        size = wire.get(body, "outputDimensionality")
        return web.json_response({"embedding": {"values": embedded(text, size)}})

    async def _generate(
        self, request: web.Request, profile: Profile, body: dict[str, Any], stream: bool
    ) -> web.StreamResponse:
        fault = None
        if self._settings.faults:
            fault = self._faults.of(request.headers.get("x-sandbox-fault"), body)
            self._note(request, profile, fault)
            if fault is not None and (refused := as_error(fault)) is not None:
                return web.json_response(refused[1], status=refused[0])
            if fault is not None and fault.kind == "html":
                return web.Response(text="<html><body>Bad gateway</body></html>",
                                    content_type="text/html")  # fmt: skip
        try:
            replies = await self._replies(profile, body, fault, stream)
        except wire.BadRequest as error:
            return _error(400, "INVALID_ARGUMENT", str(error))
        pause = profile.pace * self._settings.latency_ms / 1000
        if fault is not None and fault.kind == "slow":
            pause = fault.number("ms", 1000) / 1000
        await asyncio.sleep(pause)
        if not stream:
            if fault is not None and fault.kind == "stall":
                await asyncio.sleep(fault.number("seconds", 3600))
            text = json.dumps(replies[-1], ensure_ascii=False)
            cut = fault is not None and fault.kind in ("bad_json", "cut")
            return web.Response(text=text[: len(text) // 2] if cut else text,
                                content_type="application/json")  # fmt: skip
        return await self._stream(request, replies, fault)

    async def _of_batch(self, model: str, body: dict[str, Any]) -> dict[str, Any]:
        """One request of a batch; a failed one fails alone."""
        fault = self._faults.of(None, body) if self._settings.faults else None
        refused = as_error(fault) if fault is not None else None
        if refused is None:
            try:
                return {"response": (await self._replies(PROFILES[model], body, fault, False))[0]}
            except wire.BadRequest as problem:
                refused = 400, error_body(400, "INVALID_ARGUMENT", str(problem))
        error = refused[1]["error"]
        return {"error": {"code": error["code"], "message": error["message"]}}

    async def _replies(
        self, profile: Profile, body: dict[str, Any], fault: Fault | None, stream: bool
    ) -> list[dict[str, Any]]:
        chosen = wire.settings(body, thinks=profile.thinks, generation=profile.generation)
        prompt = wire.prompt(body, generation=profile.generation)
        self._calls += 1
        seed = _seed(profile, body, chosen, self._calls)
        # In a thread: a prompt of megabytes must not keep others waiting.
        given = await asyncio.to_thread(answer, prompt, profile, seed, chosen.temperature)
        built = Replies(profile, body, chosen, given, fault)
        return built.chunks() if stream else [built.whole()]

    async def _stream(
        self, request: web.Request, replies: Sequence[Any], fault: Fault | None
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        # A caller that stops reading hangs up; that is no fault of the server's.
        with suppress(ConnectionResetError):
            await response.prepare(request)
            await self._write(request, response, replies, fault)
        return response

    async def _write(
        self,
        request: web.Request,
        response: web.StreamResponse,
        replies: Sequence[Any],
        fault: Fault | None,
    ) -> None:
        after = int(fault.number("after", 1)) if fault is not None else -1
        for number, reply in enumerate(replies):
            if fault is not None and number == after:
                if fault.kind == "cut":
                    # Without the closing chunk the client sees a broken connection.
                    if request.transport is not None:
                        request.transport.abort()
                    return
                if fault.kind == "stall":
                    await asyncio.sleep(fault.number("seconds", 3600))
                if fault.kind == "bad_json":
                    await response.write(b'data: {"candidates": [{"content"\n\n')
                    break
            if number:
                await asyncio.sleep(1 / self._settings.chunk_rate)
            text = json.dumps(reply, ensure_ascii=False)
            await response.write(f"data: {text}\n\n".encode("utf-8", "replace"))
        await response.write_eof()

    def _note(self, request: web.Request, profile: Profile, fault: Fault | None) -> None:
        self._journal.append(
            {
                "time": time.time(),
                "model": profile.name,
                "path": request.path,
                "fault": fault.kind if fault else None,
            }
        )


class Replies:
    """An answer as the replies of the Gemini API."""

    def __init__(
        self,
        profile: Profile,
        body: dict[str, Any],
        chosen: wire.Settings,
        given: Answer,
        fault: Fault | None,
    ) -> None:
        self._profile = profile
        self._chosen = chosen
        self._fault = fault
        self._kind = fault.kind if fault else ""
        self._search = wire.uses_search(body)
        self._input = wire.count(body)
        self._call = given.call
        text = given.text if given.data is None else _as_text(given.data, chosen.mime_type)
        self._text, self._finish = self._limited(text)
        self._id = hashlib.sha256(f"{profile.name}{body}".encode("utf-8", "replace")).hexdigest()

    def _limited(self, text: str) -> tuple[str, str]:
        if self._kind == "empty":
            return "", "STOP"
        if self._kind == "safety":
            return "", "SAFETY"
        for stop in self._chosen.stop_sequences:
            text = text.split(stop, 1)[0] if stop else text
        room = self._chosen.max_output_tokens
        if self._kind == "max_tokens":
            room = max(1, tokens.count(text) // 2)
        elif room is not None:
            room = max(0, room - self._chosen.thinking_tokens)
        if room is None or tokens.count(text) <= room:
            return text, "STOP"
        return tokens.cut(text, room), "MAX_TOKENS"

    def whole(self) -> dict[str, Any]:
        """One reply with everything."""
        if self._kind in ("no_candidates", "prompt_blocked"):
            return self._without_candidates()
        return self._reply([*self._thoughts(), *self._parts(self._text)], self._text, last=True)

    def chunks(self) -> list[dict[str, Any]]:
        """The same as a stream; usage grows, the finish reason comes last."""
        if self._kind in ("no_candidates", "prompt_blocked"):
            return [self._without_candidates()]
        pieces = [
            self._text[start : start + CHUNK_CHARACTERS]
            for start in range(0, len(self._text), CHUNK_CHARACTERS)
        ] or [""]
        replies = [self._reply([thought], "", last=False) for thought in self._thoughts()]
        sent = 0
        for number, piece in enumerate(pieces, 1):
            sent += len(piece)
            last = number == len(pieces)
            parts = self._parts(piece) if last or piece else []
            replies.append(self._reply(parts, self._text[:sent], last=last))
        return replies

    def _parts(self, text: str) -> list[dict[str, Any]]:
        if self._call is not None:
            name, args = self._call
            return [{"functionCall": {"name": name, "args": args}}]
        return [{"text": text}] if text else []

    def _thoughts(self) -> list[dict[str, Any]]:
        if not self._chosen.include_thoughts or not self._chosen.thinking_tokens:
            return []
        return [{"text": "Simulated thought: read the labels, limits and examples; compare by "
                         "character n-grams; keep the limits.", "thought": True}]  # fmt: skip

    def _reply(self, parts: list[Any], so_far: str, *, last: bool) -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
        if last:
            candidate["finishReason"] = self._finish
            if self._search:
                candidate["groundingMetadata"] = {
                    "webSearchQueries": [so_far[:40] or "simulated"],
                    "groundingChunks": [
                        {"web": {"uri": f"https://sandbox.invalid/{n}",
                                 "title": f"Simulated source {n}"}} for n in (1, 2)
                    ],
                }  # fmt: skip
        return {"candidates": [candidate], **self._about(so_far)}

    def _without_candidates(self) -> dict[str, Any]:
        about = self._about("")
        if self._kind == "prompt_blocked":
            about["promptFeedback"] = {"blockReason": "SAFETY"}
        return about if self._kind == "prompt_blocked" else {"candidates": [], **about}

    def _about(self, so_far: str) -> dict[str, Any]:
        output = tokens.count(so_far) or (8 if self._call else 0)
        thinking = self._chosen.thinking_tokens
        served = self._fault.values.get("model") if self._fault and self._kind == "served" else None
        about: dict[str, Any] = {
            "usageMetadata": {
                "promptTokenCount": self._input,
                "candidatesTokenCount": output,
                "thoughtsTokenCount": thinking,
                "totalTokenCount": self._input + output + thinking,
            },
            "modelVersion": served or self._profile.name,
            "responseId": self._id[:24],
            "createTime": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        if self._profile.retiring:
            about["modelStatus"] = {
                "modelStage": "LEGACY",
                "retirementTime": f"{self._profile.retiring}T00:00:00Z",
                "message": "This simulated model retires; use sandbox-flash-2.",
            }
        return about


def _as_text(data: Any, mime_type: str) -> str:
    if mime_type == "text/x.enum":
        return str(data)
    return json.dumps(data, ensure_ascii=False)


def _seed(profile: Profile, body: Mapping[str, Any], chosen: wire.Settings, calls: int) -> int:
    """The same request gives the same seed, unless it asks for variation without naming one."""
    varied = chosen.temperature > 0 and chosen.seed is None
    asked = {key: value for key, value in body.items() if key != "generationConfig"}
    text = f"{profile.name}|{json.dumps(asked, sort_keys=True, default=str)}|{chosen.seed}"
    text += f"|{calls}" if varied else ""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")


def _error(status: int, word: str, message: str) -> web.Response:
    return web.json_response(error_body(status, word, message), status=status)


def _missing(request: web.Request) -> web.Response:
    name = request.match_info["call"].partition(":")[0]
    status, word, _ = ERRORS["not_found"]
    return _error(status, word, f"models/{name} is not found for API version v1beta, or is not "
                  "supported for generateContent. Call ListModels to see the models.")  # fmt: skip


def create_app(settings: SandboxSettings) -> web.Application:
    """The sandbox as an aiohttp application."""
    return Sandbox(settings).app()


async def serve(
    listening: socket.socket,
    settings: SandboxSettings,
    announce: Callable[[str], None],
    until: Callable[[], Any],
) -> None:
    """Serve on a listening socket until `until` returns; `announce` gets the URL."""
    # Whoever ends the server does not wait for answers that still stream or stall.
    runner = web.AppRunner(create_app(settings), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    announce(f"http://{LOOPBACK}:{runner.addresses[0][1]}")
    try:
        await until()
    finally:
        await runner.cleanup()
