"""Who is there, and what they may do.

Without sign-in the app is reachable from this machine only, and its one local user is admin. With
sign-in, the administrator's file names admins, editors and reviewers by e-mail; whoever else
signs in is a viewer. A reviewer judges what is handed out and sees nothing else, as answers
beside scores and names would not be judged blind.

Every action is checked against `MAY` when it is done (`core.guard`, `core.review`), with the role
looked up anew: whoever loses a role loses it in every open tab with the next click.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from core.config import LOOPBACK, ROOT, AccessSection
from core.errors import NotAllowed

Role = Literal["viewer", "reviewer", "editor", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "reviewer", "editor", "admin")
Action = Literal[
    "read", "export", "review", "write", "run", "manage_review", "manage_models", "delete", "audit"
]
ACTIONS: tuple[Action, ...] = (
    "read", "export", "review", "write", "run", "manage_review", "manage_models", "delete",
    "audit",
)  # fmt: skip
_LOOKING = frozenset[Action](("read", "export"))
_WORKING = _LOOKING | frozenset[Action](("review", "write", "run", "manage_review"))
MAY: Mapping[Role, frozenset[Action]] = {
    "viewer": _LOOKING,
    "reviewer": frozenset[Action](("review",)),
    "editor": _WORKING,
    "admin": _WORKING | frozenset[Action](("manage_models", "delete", "audit")),
}
"""What is not here is not allowed."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the workbench. `signed_in` is False for the local user of a loopback server.

    `expires_at` is when the sign-in ends. Who came by an invite link may review in `round_id`
    and do nothing else. An `operator` runs commands on the machine that has the file.
    """

    name: str
    signed_in: bool = False
    role: Role = "viewer"
    expires_at: datetime | None = None
    round_id: str | None = None
    invite_id: str | None = None
    operator: bool = False


def operator(name: str) -> Person:
    """Whoever runs commands: who can open the file can read and change all of it anyway."""
    return Person(name, role="admin", operator=True)


def local_person(name: str) -> Person:
    """The one user of a server that only this machine can reach."""
    return Person(name, role="admin")


def require(person: Person, action: Action, now: datetime) -> None:
    """NotAllowed unless the role of the person holds the action and the sign-in is not over."""
    if person.expires_at is not None and person.expires_at <= now:
        raise NotAllowed("Your sign-in has ended. Sign in again; what you wrote is still here.")
    if action not in MAY.get(person.role, frozenset()):
        raise NotAllowed(
            "{name} may not do this: the role {role} does not include {action}. Ask an "
            "administrator for another role.",
            name=person.name,
            role=person.role,
            action=action,
        )


class Access:
    """Roles as the administrator's file says now. Thread-safe."""

    def __init__(
        self, section: Callable[[], AccessSection], now: Callable[[], datetime], *, sign_in: bool
    ) -> None:
        """`section` gives the current `[access]`; `sign_in` whether people have to sign in."""
        self._section = section
        self._now = now
        self._sign_in = sign_in

    def role(self, email: str) -> Role:
        """The role of an e-mail address; of several, the one that may most."""
        section, address = self._section(), email.strip().casefold()
        named: tuple[tuple[Role, list[str]], ...] = (
            ("admin", section.admins), ("editor", section.editors), ("reviewer", section.reviewers),
        )  # fmt: skip
        for role, emails in named:
            if address in {one.strip().casefold() for one in emails}:
                return role
        return "viewer"

    def person(self, email: str, expires_at: datetime | None = None) -> Person:
        """Whoever signed in as that address; `expires_at` is when their token ends."""
        return Person(email, True, self.role(email), expires_at)

    def require(self, person: Person, action: Action) -> None:
        """NotAllowed unless the person may do it now, whatever they might when they came."""
        require(self.current(person), action, self._now())

    def current(self, person: Person) -> Person:
        """The person with the role that they have now; NotAllowed when they should not be here."""
        if person.invite_id is not None or person.operator:
            return person
        if person.signed_in:
            return self.person(person.name, person.expires_at)
        if self._sign_in:
            raise NotAllowed("Sign in first.")
        return person


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
