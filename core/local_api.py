"""The local API of the running app: commands from other processes of the same person.

Two processes cannot open the database, so `python -m core` hands its commands to the app when
that holds the file. Only loopback is served, only with the token from the file beside the
database, and only under a loopback host name, so that no web page can reach it by DNS rebinding.
"""

from __future__ import annotations

import hmac
import json
import queue
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core import commands
from core.commands import token_file
from core.commands.verb import Arguments, Verb
from core.commands.wire_errors import error_data
from core.config import Settings
from core.errors import WorkbenchError

if TYPE_CHECKING:
    from core.workbench import Workbench

# An import of 100 MB grows by a third in base64.
MAX_BODY_BYTES = 150_000_000
SIGN_OF_LIFE_S = 1.0


# One per process; the file and the routes share it.
_TOKEN = secrets.token_urlsafe(32)


def routes(workbench: Callable[[], Workbench]) -> list[Route]:
    """The routes for the app's server; `workbench` gives the open workbench."""

    async def command(request: Request) -> Response:
        return await _command(request, workbench)

    return [
        Route("/api/hello", _hello, methods=["GET"]),
        Route("/api/command", command, methods=["POST"]),
    ]


@contextmanager
def announced(settings: Settings) -> Iterator[None]:
    """While inside, the token file beside the database leads commands to this app."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "127.0.0.1", "localhost") else settings.host
    url = f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
    if settings.port == 0 or not token_file.is_loopback(url):
        yield  # commands could not find it, or would leave this machine
        return
    door = token_file.Door(url, _TOKEN)
    token_file.write(settings.db, door)
    try:
        yield
    finally:
        token_file.remove(settings.db, door)


async def _hello(request: Request) -> Response:
    """Prove to hold the token without showing it."""
    if not _is_local(request):
        return _refused(403)
    nonce = request.query_params.get("nonce", "")[:200]
    return JSONResponse({"proof": token_file.proof(_TOKEN, nonce)})


async def _command(request: Request, workbench: Callable[[], Workbench]) -> Response:
    if not _is_local(request):
        return _refused(403)
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode("utf-8"), _TOKEN.encode("utf-8")):
        return _refused(401)
    body = await _body(request)
    if body is None:
        return _refused(413)
    command = _read_command(body)
    if command is None:
        return _refused(400)
    return StreamingResponse(_stream(workbench, *command), media_type="application/x-ndjson")


def _is_local(request: Request) -> bool:
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return False
    client = request.client.host if request.client else ""
    # A browser names the page a request comes from; a command has none.
    foreign_page = "origin" in request.headers
    return (
        host in token_file.LOOPBACK_HOSTS
        and client in token_file.LOOPBACK_HOSTS
        and not foreign_page
    )


def _refused(status: int) -> Response:
    return JSONResponse({"error": "refused"}, status_code=status)


async def _body(request: Request) -> bytes | None:
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _read_command(body: bytes) -> tuple[Verb, Arguments] | None:
    try:
        data = json.loads(body)
        name, arguments = data["verb"], data["arguments"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return None
    if name not in commands.SUMMARIES:
        return None
    verb = commands.load(name)
    return (verb, arguments) if verb.execute else None


async def _stream(
    workbench: Callable[[], Workbench], verb: Verb, arguments: Arguments
) -> AsyncIterator[bytes]:
    """The events as lines, with a sign of life in every silent second.

    The work runs in a thread of its own: it may wait long for a model, and when the caller goes
    away it must be told, whether or not an event is due.
    """
    lines: queue.Queue[dict[str, Any] | None] = queue.Queue(maxsize=100)
    gone = threading.Event()

    def put(message: dict[str, Any] | None) -> None:
        while not gone.is_set():
            try:
                return lines.put(message, timeout=SIGN_OF_LIFE_S)
            except queue.Full:
                continue

    def work() -> None:
        assert verb.execute is not None
        try:
            events = verb.execute(workbench(), arguments)
            for event in events:
                put({"event": event})
                if gone.is_set():
                    events.close()
                    return
        except WorkbenchError as error:
            put({"error": error_data(error)})
        else:
            put({"end": True})
        finally:
            put(None)

    def take() -> dict[str, Any] | None:
        try:
            return lines.get(timeout=SIGN_OF_LIFE_S)
        except queue.Empty:
            return {"alive": True}

    threading.Thread(target=work, name="local-api-command", daemon=True).start()
    try:
        while (message := await run_in_threadpool(take)) is not None:
            yield json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    finally:
        gone.set()
