"""Sign-in. Without a configured provider the server is loopback-only, with one local user.

Streamlit's own OpenID Connect sign-in does the work; it needs `streamlit[auth]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

import streamlit as st

from core.access import sign_in_configured
from pages.ui.language import _
from pages.ui.resources import email, expires_at, now
from pages.ui.text import label

OWN = ("redirect_uri", "cookie_secret", "expose_tokens")
"""What `[auth]` itself holds; its other tables are providers."""


def require_person() -> None:
    """Stop the script at a sign-in page unless nobody needs to sign in or they have."""
    if not sign_in_configured():
        return
    if not st.user.is_logged_in:
        sign_in(_("Sign in to continue."))
    end = expires_at()
    if end is not None and end <= now():
        sign_in(_("Your sign-in has ended. Sign in again to go on."))
    if not email():
        without_address()


def sign_in(words: str) -> None:
    """The page that somebody sees who is not signed in."""
    st.title("Prompt Workbench", anchor=False)
    if find_spec("authlib") is None:
        st.error(_("Sign-in is configured but cannot be used: `pip install 'streamlit[auth]'`, "
                   "then start again."), icon=":material/error:")  # fmt: skip
        st.stop()
    st.write(words)
    names = providers(st.secrets.get("auth", {}))
    for name in names or [""]:
        title = _("Sign in with {name}").format(name=label(name.capitalize()))
        st.button(title if name else _("Sign in"), type="primary", icon=":material/login:",
                  key=f"access.sign_in.{name}", on_click=st.login,
                  args=(name,) if name else ())  # fmt: skip
    st.stop()


def providers(section: Mapping[str, object]) -> list[str]:
    """The names of several providers; none when `[auth]` is the only one."""
    if "client_id" in section:
        return []
    return [name for name, value in section.items()
            if name not in OWN and isinstance(value, Mapping)]  # fmt: skip


def without_address() -> None:
    """A sign-in that does not tell who somebody is."""
    st.title("Prompt Workbench", anchor=False)
    st.error(_("Your sign-in gave no confirmed e-mail address, and roles go by address. Ask your "
               "administrator to have the provider hand it out (scope `email`)."),
             icon=":material/error:")  # fmt: skip
    sign_out()
    st.stop()


def sign_out() -> None:
    """A way out for whoever is signed in."""
    if sign_in_configured():
        st.button(_("Sign out"), icon=":material/logout:", key="access.sign_out",
                  on_click=st.logout)  # fmt: skip
