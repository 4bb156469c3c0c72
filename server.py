"""The app as an ASGI server: `python server.py`, which is what `make run` starts.

The lifespan opens and closes the workbench; middleware adds the security headers.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import os
import re
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime.pages_manager import PagesManager

from core import local_api, samples, workbench
from core.access import check_address, sign_in_configured
from core.config import ROOT, Settings
from core.errors import WorkbenchError
from core.workbench import Workbench

WARM_UP_AFTER_S = 3.0

# Until app.py has called st.navigation, Streamlit takes the folder `pages/` for its old kind of
# multi-page app: the first direct link would be "not found", and a script there would run
# without app.py.
PagesManager.uses_pages_directory = False


def content_security_policy() -> str:
    """Nothing is fetched from another origin; Streamlit's one inline script is named by hash."""
    index = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    hashes = " ".join(
        "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"
        for script in re.findall(r"<script>(.*?)</script>", index, re.DOTALL)
    )
    return "; ".join(
        (
            "default-src 'self'",
            # blob: is needed by inline components (`st.components.v2.component(js=...)`).
            f"script-src 'self' blob: {hashes}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """ASGI middleware: the same headers on every HTTP answer."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers as the answer starts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def warm_up() -> None:
    """Import what the first run or chart would wait for, once the first page has been served."""
    import altair  # noqa: F401
    import google.genai  # noqa: F401
    import pandas  # noqa: F401

    settle_collector()


def settle_collector() -> None:
    """Keep what start-up made out of every later collection.

    Streamlit collects after each script run while it holds the interpreter; with the imports
    frozen that costs a tenth.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def stopping_calls(bench: Workbench) -> Iterator[None]:
    """While inside, a signal to end stops all calls at once.

    The server ends the lifespan only when every answer is sent, and the answer to a command that
    came over the local API takes as long as its call.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only there can signals be listened to
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: FrameType | None) -> None:
        # In a thread: whoever was interrupted here may hold a lock that stopping needs.
        threading.Thread(target=bench.stop_calls, name="stop-calls").start()
        then = before[signal.Signals(number)]
        if callable(then):
            then(number, frame)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, object]]:
    """Open the workbench before the first page and close it after the last."""
    bench = workbench.current()
    samples.fill_in_background(bench)
    settle_collector()
    timer = threading.Timer(WARM_UP_AFTER_S, warm_up)
    timer.daemon = True
    timer.start()
    with local_api.announced(bench.settings), stopping_calls(bench):
        yield {}
    timer.cancel()
    workbench.close_current()
    # Else DuckDB complains at exit of what it cannot free.
    gc.unfreeze()


app = st.App(
    ROOT / "app.py",
    lifespan=lifespan,
    routes=local_api.routes(workbench.current),
    middleware=[
        Middleware(
            SecurityHeaders,
            headers={
                "Content-Security-Policy": content_security_policy(),
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
                "Referrer-Policy": "no-referrer",
            },
        )
    ],
)


def main() -> int:
    """Serve on HOST and PORT; returns a process exit code."""
    try:
        settings = Settings.from_environment(os.environ)
        check_address(settings.host, sign_in=sign_in_configured())
        workbench.current()
    except WorkbenchError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        app.run(config={"server.address": settings.host, "server.port": settings.port})
    except KeyboardInterrupt:
        # How most people end it is no failure.
        print()
    finally:
        # The lifespan has done it, unless the server never started or was hurried to its end.
        workbench.close_current()
    return 0


if __name__ == "__main__":
    sys.exit(main())
