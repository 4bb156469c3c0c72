"""The language of the terminal, and errors in it."""

from __future__ import annotations

import os

from core.errors import WorkbenchError
from core.i18n import best_language, explain


def terminal_language() -> str:
    """The language that LC_ALL, LC_MESSAGES or LANG names."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((value for name in names if (value := os.environ.get(name))), "")
    return best_language(chosen.partition(".")[0].replace("_", "-"))


def explained(error: WorkbenchError) -> str:
    """The message in the language of the terminal."""
    return explain(error, terminal_language())
