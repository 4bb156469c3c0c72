"""Who is there, and what they may do."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from core.config import LOOPBACK, ROOT
from core.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the workbench. `signed_in` is False for the local user of a loopback server."""

    name: str
    signed_in: bool = False


def sign_in_configured(secrets_file: Path = ROOT / ".streamlit" / "secrets.toml") -> bool:
    """Whether Streamlit's secrets name an OpenID Connect provider (`[auth]`)."""
    if not secrets_file.is_file():
        return False
    return "auth" in tomllib.loads(secrets_file.read_text("utf-8"))


def check_address(host: str, *, sign_in: bool) -> None:
    """Refuse an address that others can reach unless they have to sign in."""
    if host not in LOOPBACK and not sign_in:
        raise NotAllowed(
            "HOST is {host}, which others can reach, and no sign-in is configured. Add an "
            "[auth] section to .streamlit/secrets.toml, or leave HOST at 127.0.0.1.",
            host=host,
        )
