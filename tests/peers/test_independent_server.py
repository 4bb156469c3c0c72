"""The same call path against a Gemini-protocol server that this project did not write (aimock)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.aimock import AIMOCK, running_aimock

MODEL = "gemini:gemini-3.8-flash"
ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not AIMOCK.exists(), reason="npm is not installed here")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running_aimock() as address:
        yield address


def run(address: str, db: Path, text: str) -> tuple[int, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "core", "run", "--model", MODEL, "--input", text, "--json"],
        cwd=ROOT,
        env={
            **os.environ,
            "WORKBENCH_DB": str(db),
            "GEMINI_API_KEY": "local",
            "GOOGLE_GEMINI_BASE_URL": address,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_a_streamed_answer_is_read_whole(address: str, tmp_path: Path) -> None:
    code, answer = run(address, tmp_path / "w.duckdb", "are you independent?")
    assert code == 0
    assert answer["outcome"] == "ok"
    assert answer["text"] == "Hello from an independent server. こんにちは、独立したサーバーです。"
    assert answer["usage"] == {"input": 3, "output": 9, "thinking": None, "cached": None}


def test_a_refusal_of_an_unknown_request_is_named(address: str, tmp_path: Path) -> None:
    code, answer = run(address, tmp_path / "w.duckdb", "nothing matches this")
    assert code == 1
    assert answer["outcome"] == "refused_by_server"
