"""The door for commands: who gets in, and what happens when either side goes away."""

from __future__ import annotations

import http.server
import json
import os
import stat
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import local_api
from core.commands import token_file
from core.commands.token_file import Door
from core.config import Settings

MODEL = "sandbox:sandbox-flash-2"


@pytest.fixture
def door(app: Any, settings: Settings) -> Door:
    found = token_file.read(settings.db)
    assert found is not None
    return found


@pytest.fixture
def client() -> TestClient:
    """Asks the routes without a server; no workbench is there, so nobody may reach it."""
    app = Starlette(routes=local_api.routes(lambda: pytest.fail("reached")))
    return TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000))


TOKEN = local_api._TOKEN
COMMAND = {"verb": "prompts", "arguments": {"action": "list", "prompt": None, "search": ""}}


def test_the_token_file_is_private_and_goes_with_the_app(settings: Settings) -> None:
    path = token_file.path_beside(settings.db)
    with local_api.announced(settings):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        door = token_file.read(settings.db)
        assert door is not None
        assert door.url == "http://127.0.0.1:8501"
        assert door.token not in repr(door)
    assert not path.exists()


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("127.0.0.1", 9000, "http://127.0.0.1:9000"),
        ("localhost", 9000, "http://127.0.0.1:9000"),
        ("0.0.0.0", 9000, "http://127.0.0.1:9000"),
        ("::1", 9000, "http://[::1]:9000"),
        ("192.0.2.1", 9000, None),
        ("127.0.0.1", 0, None),
    ],
)
def test_where_commands_are_led(settings: Settings, host: str, port: int, url: str | None) -> None:
    with local_api.announced(replace(settings, host=host, port=port)):
        door = token_file.read(settings.db)
        assert (door.url if door else None) == url


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer é".encode()}, 401),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:8501"}, 403),
    ],
)
def test_others_do_not_get_in(client: TestClient, headers: dict[str, str], status: int) -> None:
    token = {} if status == 401 else {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/api/command", json=COMMAND, headers=token | headers).status_code == status


def test_another_machine_does_not_get_in(client: TestClient) -> None:
    far = TestClient(client.app, base_url="http://127.0.0.1", client=("192.0.2.7", 50_000))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert far.post("/api/command", json=COMMAND, headers=headers).status_code == 403
    assert far.get("/api/hello?nonce=a").status_code == 403


def test_the_greeting_proves_the_token_and_hides_it(client: TestClient) -> None:
    answer = client.get("/api/hello?nonce=abc")
    assert answer.json() == {"proof": token_file.proof(TOKEN, "abc")}
    assert TOKEN not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"verb": "nonsense", "arguments": {}}',
        b'{"verb": "sandbox", "arguments": {}}',
        b'{"verb": "../run", "arguments": {}}',
        b'{"verb": ["run"], "arguments": {}}',
        b'{"verb": "run", "arguments": []}',
        b"[" * 200_000,
    ],
)
def test_a_malformed_command_is_refused(client: TestClient, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/api/command", content=body, headers=headers).status_code == 400


def test_a_body_is_bounded(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_api, "MAX_BODY_BYTES", 100)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/api/command", content=b" " * 200, headers=headers).status_code == 413


def test_a_token_file_that_others_could_read_is_not_believed(settings: Settings) -> None:
    token_file.write(settings.db, Door("http://127.0.0.1:9", "t"))
    os.chmod(token_file.path_beside(settings.db), 0o644)
    assert token_file.read(settings.db) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"url": "http://a.example", "token": "t"}'])
def test_a_token_file_that_is_no_token_file(settings: Settings, text: str) -> None:
    path = token_file.path_beside(settings.db)
    path.write_text(text)
    path.chmod(0o600)
    assert token_file.read(settings.db) is None


def test_a_token_file_left_by_a_dead_app_is_no_hindrance(direct: Any, settings: Settings) -> None:
    token_file.write(settings.db, Door("http://127.0.0.1:9", "old"))
    assert direct("prompts", "--json").code == 0


@pytest.fixture
def impostor() -> Iterator[str]:
    """Another program on the port of an app that died; keeps what it is sent."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"proof": "0000"}')

        def do_POST(self) -> None:
            raise AssertionError("the command was handed to a stranger")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_stranger_on_the_old_port_gets_nothing(
    direct: Any, settings: Settings, impostor: str
) -> None:
    token_file.write(settings.db, Door(impostor, "old"))
    assert direct("prompts", "--json").code == 0


def test_when_the_asker_goes_away_the_call_is_stopped(app: Any, door: Door) -> None:
    body = {
        "verb": "run",
        "arguments": {
            "model": MODEL,
            "values": {},
            "input": "[[fault:stall after=2 seconds=3]] Count slowly. " + "word " * 200,
            "system": None,
            "repeat": 1,
            "person": "ada",
            "stream": True,
        },
    }
    request = urllib.request.Request(
        f"{door.url}/api/command",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {door.token}"},
    )
    response = urllib.request.urlopen(request, timeout=10)
    response.readline()
    response.close()
    deadline = time.monotonic() + 10
    while any(not run.done for run in app.workbench.engine.live.all()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (run,) = app.workbench.engine.live.all()
    assert run.outcome == "cancelled"


def test_an_error_in_the_app_is_not_silence(
    app: Any, direct: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(app.workbench.store.prompts, "list", None)
    monkeypatch.setattr(threading, "excepthook", lambda *_: None)
    done = direct("prompts", "--json")
    assert done.code == 1
    assert "stopped answering" in done.err
