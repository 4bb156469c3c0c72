"""Settings of a workspace that a test has for itself."""

from __future__ import annotations

import os
from pathlib import Path

from core.config import Settings

REAL = ("GOOGLE_", "GEMINI_", "WORKBENCH_")
"""Variables of whoever runs the tests, which must not reach them."""


def settings_of(sandbox_url: str, folder: Path, **more: str) -> Settings:
    """A file in that folder, ada in front of it, and a sandbox as the only connection."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(REAL)}
    return Settings.from_environment(
        {
            **environ,
            "WORKBENCH_DB": str(folder / "w.duckdb"),
            "WORKBENCH_SANDBOX_URL": sandbox_url,
            "WORKBENCH_PERSON": "ada",
            **more,
        }
    )
