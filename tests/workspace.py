"""Workspaces that a test has for itself: empty, or a copy of one that takes seconds to make."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.config import Settings
from core.workbench import Workbench

REAL = ("GOOGLE_", "GEMINI_", "WORKBENCH_")
"""Variables of whoever runs the tests, which must not reach them."""
Make = Callable[[Workbench], Any]
_makers: dict[tuple[str, str], Make] = {}


def environment_of(sandbox_url: str, folder: Path, **more: str) -> dict[str, str]:
    """A file in that folder, ada in front of it, and a sandbox as the only connection."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(REAL)},
        "WORKBENCH_DB": str(folder / "w.duckdb"),
        "WORKBENCH_SANDBOX_URL": sandbox_url,
        "WORKBENCH_PERSON": "ada",
        **more,
    }


def settings_of(sandbox_url: str, folder: Path, **more: str) -> Settings:
    """The same, read."""
    return Settings.from_environment(environment_of(sandbox_url, folder, **more))


def made_once(make: Make) -> Any:
    """A fixture: what `make` returned of the workspace that it filled.

    It runs once in a process; every test that asks for it works on a copy of that workspace.
    """
    _makers[make.__module__, make.__name__] = make

    @pytest.fixture(name=make.__name__)
    def made(request: pytest.FixtureRequest, workspace: Any) -> Any:
        return workspace

    return made


def empty(bench: Workbench) -> None:
    """Nothing but the schema: a copy costs half of what it costs to make one."""


def maker_of(request: pytest.FixtureRequest) -> Make:
    """What fills the workspace of a test."""
    asked = ((request.node.module.__name__, name) for name in request.fixturenames)
    return next((_makers[one] for one in asked if one in _makers), empty)
