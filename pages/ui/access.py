"""Sign-in. Without a configured provider the server is loopback-only, with one local user."""

from __future__ import annotations

import streamlit as st

from core.access import sign_in_configured
from pages.ui.language import _


def require_person() -> None:
    """Stop the script at a sign-in button unless nobody needs to sign in or they have."""
    if not sign_in_configured() or st.user.is_logged_in:
        return
    st.title("Prompt Workbench")
    st.write(_("Sign in to continue."))
    st.button(_("Sign in"), type="primary", on_click=st.login)
    st.stop()
