"""What pages work on: the process's workbench, and who is at it."""

from __future__ import annotations

import streamlit as st

from core.access import Person, sign_in_configured
from core.workbench import Workbench, current


def workbench() -> Workbench:
    """The workbench of the process."""
    return current()


def person() -> Person:
    """Whoever uses this session."""
    if sign_in_configured():
        return Person(str(st.user.get("email") or st.user.get("name") or "?"), signed_in=True)
    return Person(workbench().settings.person)


def actor() -> str:
    """The name put on what this session does."""
    return person().name
