"""Translation at run time: the standard library's gettext over the catalogues in `locale/`."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from core.errors import WorkbenchError, fill

LANGUAGES = {"en": "English", "ja": "日本語"}
DEFAULT = "en"
DOMAIN = "workbench"
LOCALE = Path(__file__).resolve().parent / "locale"


@cache
def translator(language: str) -> Callable[[str], str]:
    """The function that turns an English message into `language`; unknown languages are English."""
    chosen = language if language in LANGUAGES else DEFAULT
    return gettext.translation(DOMAIN, LOCALE, [chosen], fallback=True).gettext


def best_language(wanted: str | None) -> str:
    """The language of an `Accept-Language` header or locale (`ja-JP`, `ja;q=0.9, en`)."""
    ranked: list[tuple[float, str]] = []
    for item in (wanted or "").split(","):
        tag, _, quality = item.strip().partition(";")
        name = tag.replace("_", "-").split("-")[0].lower()
        if name in LANGUAGES:
            ranked.append((_quality(quality), name))
    return max(ranked, key=lambda one: one[0])[1] if ranked else DEFAULT


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def kept_message(template: str, values: Mapping[str, str], language: str = DEFAULT) -> str:
    """A message that was kept with what is filled in. Without values it is shown as it is.

    What an older release kept was filled in already, and may hold braces of its own.
    """
    message = translator(language)(template)
    return fill(message, values) if values else message


def explain(error: WorkbenchError, language: str) -> str:
    """What an error says, in a language."""
    return fill(translator(language)(error.template), error.values)
