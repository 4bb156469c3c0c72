"""What pages work on: the process's workbench, and who is at it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from core.access import Person, local_person, sign_in_configured
from core.guard import guarded
from core.workbench import Workbench, current


def workbench() -> Workbench:
    """The workbench of the process, as whoever uses this session may use it."""
    return guarded(current(), person())


def person() -> Person:
    """Whoever uses this session, with the role that they have now."""
    if sign_in_configured():
        return current().access.person(email() or "?", expires_at())
    return local_person(current().settings.person)


def email() -> str:
    """The address that somebody signed in with; "" when the provider did not vouch for one."""
    if st.user.get("email_verified") is False:
        return ""
    return str(st.user.get("email") or "")


def expires_at() -> datetime | None:
    """When the sign-in ends, as the provider said; Streamlit itself does not look."""
    end = st.user.get("exp")
    return datetime.fromtimestamp(end, UTC) if isinstance(end, int | float) else None


def now() -> datetime:
    """The clock: aware UTC."""
    return datetime.now(UTC)


def actor() -> str:
    """The name put on what this session does."""
    return person().name
