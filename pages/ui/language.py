"""The language of the session, and messages in it."""

from __future__ import annotations

import threading

import streamlit as st

from core.errors import WorkbenchError
from core.i18n import best_language, explain, kept_message, translator
from core.records.jobs import JobEvent
from core.records.messages import N_ as N_
from core.workbench import current
from pages.ui import state
from pages.ui.resources import actor
from pages.ui.text import label

_run = threading.local()
"""The language of the script run in this thread; a page asks for it with every string."""


def begin() -> None:
    """Find out the language once for the run that begins."""
    _run.language = _language()


def language() -> str:
    """Chosen in the settings and kept for the person; else the browser's."""
    return getattr(_run, "language", None) or _language()


def _language() -> str:
    chosen = state.LANGUAGE.get()
    if "invite" in st.query_params:
        # A guest is not the person whose choice is kept.
        return best_language(st.context.locale)
    if chosen is None:
        # Past the roles: whoever may come in may read, and choose their language.
        chosen = current().store.settings.get(f"language/{actor()}")
        chosen = chosen or best_language(st.context.locale)
        state.LANGUAGE.set(chosen)
    return chosen


def choose_language(name: str) -> None:
    """Change it for this session and the next."""
    _run.language = name
    state.LANGUAGE.set(name)
    current().store.settings.put(f"language/{actor()}", name)


def _(message: str) -> str:
    """The message in the session's language."""
    return translator(language())(message)


def logged(event: JobEvent) -> str:
    """A line of a job's log, in the session's language."""
    return kept_message(event.text, event.values, language())


def words(error: WorkbenchError) -> str:
    """What an error says, in the session's language."""
    return explain(error, language())


def say(error: WorkbenchError) -> None:
    """Show an error. It may quote what users and services wrote: nothing in it is Markdown."""
    st.error(label(words(error), most=2_000), icon=":material/error:")
