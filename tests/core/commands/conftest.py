"""Commands run in this process, on a database of their own, in both transports."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette

from core import local_api
from core.__main__ import main
from core.config import Settings
from core.workbench import Workbench


@dataclass(frozen=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Done]


@pytest.fixture(autouse=True)
def own_deprecations_of_the_sdk() -> None:
    """google-genai warns about its own aiohttp session when it is imported."""
    warnings.filterwarnings("ignore", "Inheritance class", DeprecationWarning)


@pytest.fixture
def settings(
    sandbox_url: str, workspace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A database, and an environment without any real connection."""
    for name in list(os.environ):
        if name.startswith(("GOOGLE_", "GEMINI_", "WORKBENCH_", "LC_")) or name in ("PORT", "HOST"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WORKBENCH_DB", str(tmp_path / "w.duckdb"))
    monkeypatch.setenv("WORKBENCH_PERSON", "ada")
    monkeypatch.setenv("WORKBENCH_SANDBOX_URL", sandbox_url)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.chdir(tmp_path)
    return Settings.from_environment(os.environ)


def run_main(*arguments: str, stdin: str = "") -> Done:
    """Run a command in this process."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    err = io.StringIO()
    before = sys.stdin
    sys.stdin = io.StringIO(stdin)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(arguments)
            except SystemExit as stop:  # argparse
                code = int(stop.code or 0)
    finally:
        sys.stdin = before
    out.flush()
    return Done(code, out.buffer.getvalue().decode("utf-8"), err.getvalue())  # type: ignore[attr-defined]


class App:
    """The running app as far as commands see it: an open workbench and the local API."""

    def __init__(self, settings: Settings) -> None:
        self.workbench = Workbench.open(settings)
        application = Starlette(routes=local_api.routes(lambda: self.workbench))
        self.server = uvicorn.Server(
            uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error")
        )
        self._thread = threading.Thread(target=self.server.run, daemon=True)
        self._thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def close(self) -> None:
        self.server.should_exit = True
        self._thread.join(10)
        self.workbench.close()


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    """The app, running and announced."""
    app = App(settings)
    with local_api.announced(replace(settings, port=app.port)):
        yield app
    app.close()


@pytest.fixture(params=["direct", "app"])
def command(request: pytest.FixtureRequest, settings: Settings) -> Command:
    """Runs commands, once on the free file and once through the running app."""
    if request.param == "app":
        request.getfixturevalue("app")
    return run_main


@pytest.fixture
def direct(settings: Settings) -> Command:
    """Runs commands on the free file."""
    return run_main
