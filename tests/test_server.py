"""The running server: its headers, its address, its pages, and how it ends."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from core.commands import token_file
from core.records.runs import RunFilter
from core.samples import FILLED
from core.store import Store
from tests.peers.aimock import free_port

ROOT = Path(__file__).resolve().parents[1]
ENDS_WITHIN_S = 8.0
# The table in app.py: script, title, icon, address.
PAGES = set(
    re.findall(r'\("pages/\S+\.py", .*, "([a-z]*)"\),', (ROOT / "app.py").read_text("utf-8"))
)


@dataclass
class Server:
    """`python server.py` over a database of its own."""

    process: subprocess.Popen[bytes]
    database: Path
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, http.client.HTTPMessage, str]:
        """The path goes over the wire as it is, dots and all."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, answer.headers, body

    def browser(self) -> ClientConnection:
        """The connection that a page in a browser holds."""
        return connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            origin=f"http://127.0.0.1:{self.port}",  # type: ignore[arg-type]
            max_size=None,
        )

    def end(self, number: signal.Signals) -> float:
        """Send the signal; seconds until it had ended."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(60)
        return time.monotonic() - begun


def environment(database: Path, **more: str) -> dict[str, str]:
    """No key, no other sandbox, no address from outside."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GOOGLE_", "GEMINI_", "WORKBENCH_"))
        and name not in ("HOST", "PORT")
    }
    return {**clean, "WORKBENCH_DB": str(database), "WORKBENCH_PERSON": "ada", **more}


@contextmanager
def started(database: Path) -> Iterator[Server]:
    port = free_port()
    log = database.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "server.py"],
            cwd=ROOT,
            env=environment(database, PORT=str(port)),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, database, port, log)
    try:
        wait_until_healthy(server)
        yield server
    finally:
        process.kill()
        process.wait()


def wait_until_healthy(server: Server, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if server.get("/_stcore/health")[0] == 200:
                return
        except OSError:
            assert server.process.poll() is None, server.log.read_text()
            assert time.monotonic() < end
        time.sleep(0.05)


def filled(database: Path) -> Path:
    """A database that gets no samples."""
    store = Store.open(database)
    store.settings.put(FILLED, True)
    store.close()
    return database


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(filled(tmp_path_factory.mktemp("server") / "w.duckdb")) as running:
        yield running


def show(browser: ClientConnection, page: str) -> Iterator[ForwardMsg]:
    """Ask for a page by its address; what the server answers until the script has ended."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    browser.send(asked.SerializeToString())
    while True:
        told = ForwardMsg()
        data = browser.recv(timeout=30)
        assert isinstance(data, bytes)
        told.ParseFromString(data)
        yield told
        if told.WhichOneof("type") == "script_finished":
            return


# -- headers --


def policy(headers: Mapping[str, str]) -> dict[str, list[str]]:
    found = headers["Content-Security-Policy"]
    return {name: rest for name, *rest in (one.split() for one in found.split(";"))}


def test_nothing_may_be_fetched_from_another_origin(server: Server) -> None:
    status, headers, _ = server.get("/")
    assert status == 200
    directives = policy(headers)
    own = re.compile(r"'self'|'none'|'unsafe-inline'|data:|blob:|'sha256-[A-Za-z0-9+/]{43}='")
    for name, sources in directives.items():
        assert sources, name
        assert [one for one in sources if not own.fullmatch(one)] == [], name
    assert directives["default-src"] == directives["connect-src"] == ["'self'"]
    assert directives["frame-ancestors"] == directives["object-src"] == ["'none'"]
    # `default-src` does not stand in for these.
    assert {"base-uri", "form-action", "frame-ancestors"} <= directives.keys()


def test_only_the_scripts_of_the_page_itself_may_run(server: Server) -> None:
    _, headers, body = server.get("/")
    allowed = set(policy(headers)["script-src"])
    inline = re.findall(r"<script>(.*?)</script>", body, re.DOTALL)
    digests = {
        f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'"
        for one in inline
    }
    assert allowed == {"'self'", "blob:"} | digests


@pytest.mark.parametrize(
    "path",
    ["/", "/prompt", "/_stcore/health", "/_stcore/host-config", "/api/hello", "/media/none.png"],
)
def test_every_answer_has_the_headers(server: Server, path: str) -> None:
    _, headers, _ = server.get(path)
    assert policy(headers)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"


# -- address --


def listening(pid: int) -> set[tuple[str, str]]:
    """Process name and local address of every listening socket of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    inodes = {
        str(os.readlink(link))[8:-1]
        for one in (str(pid), *children)
        for link in Path(f"/proc/{one}/fd").iterdir()
        if link.is_symlink() and str(os.readlink(link)).startswith("socket:[")
    }
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A" and rest[5] in inodes:
                address, port = local.split(":")
                found.add((address, str(int(port, 16))))
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux' table of sockets")
def test_it_and_its_sandbox_listen_on_loopback_only(server: Server) -> None:
    sockets = listening(server.process.pid)
    assert str(server.port) in {port for _, port in sockets}
    assert len(sockets) == 2
    assert {address for address, _ in sockets} == {"0100007F"}


def test_another_address_without_sign_in_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "server.py"],
        cwd=ROOT,
        env=environment(tmp_path / "w.duckdb", HOST="0.0.0.0", PORT=str(free_port())),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "0.0.0.0" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "w.duckdb").exists()


def test_a_port_that_is_taken_is_named_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "server.py"],
            cwd=ROOT,
            env=environment(tmp_path / "w.duckdb", PORT=str(port)),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr and "leaked" not in done.stderr, done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["w.duckdb"]


# -- pages --


def test_the_first_link_ever_opened_leads_to_its_page(tmp_path: Path) -> None:
    # Before app.py has run once, Streamlit looks for pages by itself.
    with started(filled(tmp_path / "w.duckdb")) as server, server.browser() as browser:
        told = list(show(browser, "prompt"))
        assert not [one for one in told if one.HasField("page_not_found")]
        (offered,) = [one.navigation for one in told if one.HasField("navigation")]
        assert {one.url_pathname for one in offered.app_pages} == PAGES
        chosen = {one.page_script_hash: one.url_pathname for one in offered.app_pages}
        assert chosen[offered.page_script_hash] == "prompt"


@pytest.mark.parametrize("name", ["home", "studio/prompt", "prompt_run", "ui", "operate/settings"])
def test_files_below_pages_are_no_pages_of_their_own(server: Server, name: str) -> None:
    with server.browser() as browser:
        told = list(show(browser, name))
    assert [one for one in told if one.HasField("page_not_found")], name
    (offered,) = [one.navigation for one in told if one.HasField("navigation")]
    assert {one.url_pathname for one in offered.app_pages} == PAGES


@pytest.mark.parametrize(
    "path",
    [
        "/pages/studio/prompt.py", "/app.py", "/server.py", "/static/../app.py",
        "/../app.py", "/%2e%2e/app.py", "/static/%2e%2e/%2e%2e/app.py", "/app/static/../app.py",
        "/static//" + str(ROOT / "app.py").lstrip("/"), "/media/../app.py",
    ],
)  # fmt: skip
def test_no_file_of_the_house_is_handed_out(server: Server, path: str) -> None:
    _, _, body = server.get(path)
    assert "import streamlit" not in body


# -- the end --


def assert_ended_well(
    server: Server, took_s: float, number: signal.Signals = signal.SIGTERM
) -> None:
    assert took_s < ENDS_WITHIN_S
    assert server.process.returncode in (0, -number)
    log = server.log.read_text("utf-8")
    assert "Traceback" not in log and "leaked" not in log, log
    assert not server.database.with_name(server.database.name + ".wal").exists()
    assert token_file.read(server.database) is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_and_the_database_opens(tmp_path: Path, number: signal.Signals) -> None:
    with started(filled(tmp_path / "w.duckdb")) as server, server.browser() as browser:
        list(show(browser, ""))
        ports = listening(server.process.pid) if Path("/proc/net/tcp").exists() else set()
        assert_ended_well(server, server.end(number), number)
    store = Store.open(server.database)
    assert store.settings.get(FILLED)
    store.close()
    for _, port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(port))), "something was left running"


def slow_sandbox(directory: Path) -> Path:
    """An administrator's file for answers that take a minute; the database's path."""
    (directory / "admin.toml").write_text("[sandbox]\nchunk_rate = 1\n", "utf-8")
    return directory / "w.duckdb"


def test_terminated_while_the_samples_are_made(tmp_path: Path) -> None:
    with started(slow_sandbox(tmp_path)) as server:
        wait_for_calls(server)
        assert_ended_well(server, server.end(signal.SIGTERM))
    store = Store.open(server.database)
    assert store.ledger.in_flight() == []
    assert store.prompts.list()
    store.close()


def wait_for_calls(server: Server) -> None:
    """Until the app holds a connection to its sandbox: a call is under way."""
    sandbox = ({port for _, port in listening(server.process.pid)} - {str(server.port)}).pop()
    end = time.monotonic() + 20
    while not any(
        line.split()[2].endswith(f":{int(sandbox):04X}") and line.split()[3] == "01"
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
    ):
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ended_in_the_middle_of_an_answer_it_keeps_what_came(
    tmp_path: Path, number: signal.Signals
) -> None:
    question = "The parcel arrived late and the box was damaged. " * 20
    with started(filled(slow_sandbox(tmp_path))) as server:
        command = subprocess.Popen(
            [sys.executable, "-m", "core", "run", "--model", "sandbox:sandbox-flash-2",
             "--input", question],
            cwd=ROOT, env=environment(server.database), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert command.stdout is not None
        assert command.stdout.read(1), "the answer has begun"
        took_s = server.end(number)
        _, problem = command.communicate(timeout=10)
        assert command.returncode != 0
        assert "Traceback" not in problem
        assert_ended_well(server, took_s, number)
    store = Store.open(server.database)
    assert store.ledger.in_flight() == []
    (run,) = [run for some in store.runs.iterate(RunFilter()) for run in some]
    assert run.reply.outcome == "cancelled"
    assert run.reply.text
    store.close()
