"""Errors in the language of the terminal."""

from __future__ import annotations

import os

from core.errors import WorkbenchError
from core.i18n import best_language, explain


def explained(error: WorkbenchError) -> str:
    """The message in the language that LC_ALL, LC_MESSAGES or LANG names."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((value for name in names if (value := os.environ.get(name))), "")
    return explain(error, best_language(chosen.partition(".")[0].replace("_", "-")))
