"""Commands as processes of their own, as people start them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from core.commands import transport
from core.config import ROOT, Settings

MODEL = "sandbox:sandbox-flash-2"


def start(*arguments: str, **more: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "core", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,  # type: ignore[call-overload]
    )


def test_a_first_run_needs_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_SANDBOX_URL")  # it starts its own
    process = start("run", "--model", MODEL, "--input", "Say hello.", "--json")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["outcome"] == "ok"


def test_help_is_quick_and_the_sandbox_light() -> None:
    code = """
import runpy, sys
sys.argv = ["core", *sys.argv[1:]]
try:
    runpy.run_module("core", run_name="__main__")
except SystemExit:
    pass
heavy = ["duckdb", "google.genai", "pydantic", "jsonschema", "starlette", "streamlit", "pyarrow"]
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    for arguments in (["--help"], ["sandbox", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True
        )
        assert done.stderr.strip() == "[]", arguments


@pytest.mark.parametrize("verb", ["run", "prompts", "history", "export", "import", "doctor"])
def test_every_verb_explains_itself(verb: str) -> None:
    process = start(verb, "--help")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "--json" in out


def test_the_sandbox_says_where_it_is() -> None:
    # Whoever runs the tests in the background of a shell has Ctrl+C ignored in all children.
    process = start("sandbox", "--port", "0", "--json",
                    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))  # fmt: skip
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["url"]
    assert url.startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode in (0, 130)


def test_commands_wait_for_each_other(settings: Settings) -> None:
    processes = [start("prompts", "--json") for _ in range(3)]
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err


def test_a_file_held_by_another_program_is_told(
    settings: Settings, direct: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "PATIENCE_S", 0.3)
    code = (
        "import duckdb, sys, time; held = duckdb.connect(sys.argv[1]); "
        "print('ready', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(settings.db)], stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        done = direct("prompts", "--json")
        report = direct("doctor", "--json").lines[0]
        holder.kill()
    assert done.code == 1
    assert str(settings.db) in done.err
    assert {"name": "database", "status": "failed"}.items() <= next(
        check for check in report["checks"] if check["name"] == "database"
    ).items()


def test_the_reader_may_leave_early(settings: Settings) -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "doctor"],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
