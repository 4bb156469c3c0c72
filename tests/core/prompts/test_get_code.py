"""The printed code is run as printed, against a server that keeps what it receives."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.prompts.attached_files import file_names
from core.prompts.curl_code import curl
from core.prompts.get_code import get_code, json_body
from core.prompts.python_code import python
from core.prompts.python_literals import text_literal
from core.records.models import Connection
from core.records.prompts import Media, Parameters, Part, Turn
from core.records.runs import Request

NASTY = 'It\'s "quoted" $HOME `id` \\n {x}\n"""three"""\nJSON\n日本語 👩‍👩‍👧\ttab\r\nend\\'
SMALL = b"small file"
LARGE = bytes(range(256)) * 1_000


@dataclass
class Far:
    url: str = ""
    received: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)


@pytest.fixture
def far() -> Iterator[Far]:
    far = Far()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            far.received.append((self.path, headers, body))
            parts = [{"text": "answer 答え"}]
            reply = {"candidates": [{"content": {"role": "model", "parts": parts}}]}
            answer = json.dumps(reply, ensure_ascii=False).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    far.url = f"http://127.0.0.1:{server.server_port}"
    yield far
    server.shutdown()
    server.server_close()


def blob(data: bytes) -> Media:
    return Media("image/png", hashlib.sha256(data).hexdigest(), "my chart'.png", len(data))


BLOBS = {blob(data).sha256: data for data in (SMALL, LARGE)}
FULL = Request(
    connection="gemini",
    model="gemini-3.8-flash",
    system=NASTY,
    turns=(
        Turn("user", (Part("Look:"), Part(media=blob(SMALL)), Part(media=blob(LARGE)))),
        Turn("model", (Part("I see."),)),
        Turn("user", (Part(NASTY),)),
    ),
    parameters=Parameters(
        temperature=0.0,
        top_k=40,
        max_output_tokens=100,
        stop_sequences=("END", NASTY),
        seed=0,
        thinking_budget=128,
        include_thoughts=True,
    ),
    functions=json.dumps([{"name": "get", "description": NASTY, "parameters": {"type": "object"}}]),
    google_search=True,
    response_schema='{"type": "object", "properties": {"b": {"type": "null"}, "a": {}}}',
)
PLAIN = Request("gemini", "gemini-3.8-flash", (Turn("user", (Part("Hi"),)),))


def environment(far: Far, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"GOOGLE_GEMINI_BASE_URL": far.url, "GEMINI_API_KEY": "the-key"} | more


def run(command: list[str], folder: Path, env: dict[str, str], text: str = "") -> str:
    done = subprocess.run(
        command, cwd=folder, env=env, input=text, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def normal(value: Any) -> Any:
    """The SDK writes snake_case, 40 as 40.0, URL-safe base64, types in capitals, search first."""
    if isinstance(value, dict):
        value = dict(value)
        if "data" in value:
            value["data"] = value["data"].replace("-", "+").replace("_", "/")
        if "tools" in value:
            value["tools"] = sorted(value["tools"], key=str)
        return {
            "".join(w.capitalize() if i else w for i, w in enumerate(key.split("_"))): normal(item)
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.lower() if value in ("OBJECT", "STRING") else value


CONNECTION = Connection("gemini", live=True)


def save_files(request: Request, folder: Path) -> None:
    for sha256, name in file_names(request).items():
        (folder / name).write_bytes(BLOBS[sha256])


@pytest.mark.parametrize("request_", [PLAIN, FULL], ids=["plain", "full"])
def test_python_runs_and_sends_the_json(request_: Request, far: Far, tmp_path: Path) -> None:
    save_files(request_, tmp_path)
    (tmp_path / "code.py").write_text(python(request_, CONNECTION, BLOBS.__getitem__), "utf-8")
    printed = run([sys.executable, "code.py"], tmp_path, environment(far))
    assert printed.strip() == "answer 答え"
    ((path, headers, body),) = far.received
    assert path == "/v1beta/models/gemini-3.8-flash:generateContent"
    assert headers["x-goog-api-key"] == "the-key"
    sent = normal(body)
    sent.get("systemInstruction", {}).pop("role", None)
    assert sent == normal(json.loads(json_body(request_, BLOBS.__getitem__)))


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("request_", [PLAIN, FULL], ids=["plain", "full"])
def test_curl_runs_and_sends_the_json(request_: Request, far: Far, tmp_path: Path) -> None:
    save_files(request_, tmp_path)
    code = curl(request_, CONNECTION, BLOBS.__getitem__)
    printed = run(["sh"], tmp_path, environment(far), code)
    assert "答え" in printed
    ((path, headers, body),) = far.received
    assert path == "/v1beta/models/gemini-3.8-flash:generateContent"
    assert headers["x-goog-api-key"] == "the-key"
    assert body == json.loads(json_body(request_, BLOBS.__getitem__))


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_code_for_the_sandbox_needs_no_environment(far: Far, tmp_path: Path) -> None:
    sandbox = Connection("sandbox", live=True, base_url=far.url)
    bare = environment(far)
    del bare["GEMINI_API_KEY"], bare["GOOGLE_GEMINI_BASE_URL"]
    code = get_code(PLAIN, sandbox, BLOBS.__getitem__)
    run(["sh"], tmp_path, bare, code.curl)
    run([sys.executable, "-"], tmp_path, bare, code.python)
    assert len(far.received) == 2


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_for_the_platform(far: Far, tmp_path: Path) -> None:
    gcloud = tmp_path / "gcloud"
    gcloud.write_text("#!/bin/sh\necho token-of-$1-$2\n")
    gcloud.chmod(0o755)
    platform = Connection("platform", live=True, project="my-project", location="europe-west1")
    env = environment(far, GOOGLE_VERTEX_BASE_URL=far.url)
    env["PATH"] = f"{tmp_path}:{env['PATH']}"
    run(["sh"], tmp_path, env, curl(PLAIN, platform, BLOBS.__getitem__))
    ((path, headers, _),) = far.received
    assert path == (
        "/v1beta1/projects/my-project/locations/europe-west1/publishers/google/models/"
        "gemini-3.8-flash:generateContent"
    )
    assert headers["authorization"] == "Bearer token-of-auth-print-access-token"


def test_python_for_the_platform_names_project_and_location() -> None:
    platform = Connection("platform", live=True, project="p'1", location="eu")
    code = python(PLAIN, platform, BLOBS.__getitem__)
    compile(code, "code", "exec")
    assert "vertexai=True" in code
    assert '"GOOGLE_CLOUD_PROJECT", "p\'1"' in code
    assert 'location="eu"' in code


def test_files_get_harmless_and_distinct_names() -> None:
    def part(name: str, mark: str, mime_type: str = "image/png") -> Part:
        return Part(media=Media(mime_type, mark * 64, name, 50_000))

    parts = (
        part("../../etc/passwd", "a"),
        part("図 1.png", "b"),
        part("図 1.png", "c"),
        part("", "d", "application/pdf"),
        part("-rf.png", "e"),
    )
    names = file_names(Request("gemini", "m", (Turn("user", parts),)))
    assert list(names.values()) == [
        "_.._etc_passwd.png",
        "図_1.png",
        "cccccccc-図_1.png",
        "file.pdf",
        "rf.png",
    ]


def test_the_text_of_a_turn_cannot_pose_as_a_file_mark(far: Far, tmp_path: Path) -> None:
    mark = f"<file {blob(LARGE).sha256}>"
    request = Request(
        "gemini", "m", (Turn("user", (Part(mark), Part(f'"{mark}"'), Part(media=blob(LARGE)))),)
    )
    save_files(request, tmp_path)
    run(["sh"], tmp_path, environment(far), curl(request, CONNECTION, BLOBS.__getitem__))
    assert far.received[0][2] == json.loads(json_body(request, BLOBS.__getitem__))


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text("\"'\\\n\r a", max_size=12))
def test_a_literal_is_the_text(text: str) -> None:
    assert eval(text_literal(text)) == text


def test_small_files_are_inline() -> None:
    code = python(FULL, CONNECTION, BLOBS.__getitem__)
    assert base64.b64encode(SMALL).decode() in code
    assert base64.b64encode(LARGE).decode()[:100] not in code
