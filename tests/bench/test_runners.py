from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from bench import runners
from bench.processes import GeminiServer
from bench.report import Row

SERVER = GeminiServer("http://127.0.0.1:9")
SCRIPT = """#!/bin/sh
echo '{{"name": "other", "version": "1.2", "seconds": {seconds}, "answers": {answers}, "passed": 2}}'
"""


def rival(directory: Path, seconds: float = 4.0, answers: int = 16) -> runners.Rival:
    """Another runner that tells what it is told to."""
    script = directory / "other.sh"
    script.write_text(SCRIPT.format(seconds=seconds, answers=answers))
    os.chmod(script, stat.S_IRWXU)
    return runners.Rival("Other", script, (str(script),), {})


def rows(monkeypatch: pytest.MonkeyPatch, other: runners.Rival) -> dict[str, Row]:
    """What is told when ours takes one second."""
    monkeypatch.setattr(runners, "RUNNERS", (other,))
    monkeypatch.setattr(runners, "our_seconds", lambda url, count: 1.0)
    monkeypatch.setattr(runners, "right", lambda count: 2)
    return {row.measure: row for row in runners.measured(SERVER, 8, 8, 2)}


def test_our_time_is_told_in_shares_of_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rows(monkeypatch, rival(tmp_path))
    assert found["Other 1.2"].value == 4.0
    assert (found["ours / Other"].value, found["ours / Other"].ok) == (0.25, True)


def test_half_their_time_is_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows(monkeypatch, rival(tmp_path, seconds=1.9))["ours / Other"].ok is False


def test_a_runner_that_is_not_installed_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = replace(rival(tmp_path), needs=tmp_path / "nothing")
    found = rows(monkeypatch, missing)["ours / Other"]
    assert found.ok is False and "not installed" in found.note


def test_a_runner_that_leaves_answers_out_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rows(monkeypatch, rival(tmp_path, answers=15))["ours / Other"]
    assert found.ok is False and "15 answers" in found.note
