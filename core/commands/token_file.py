"""The file that tells commands where the running app listens.

It lies beside the database and is readable by its owner only. The app writes it when it starts
and removes it when it stops; after a crash it is left behind, so a reader must ask the app to
prove itself before trusting it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Door:
    """The app's address and the token it accepts."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Door(url={self.url!r})"


def path_beside(db: Path) -> Path:
    """Where the file of a database lies."""
    return db.with_name(f"{db.name}.api.json")


def write(db: Path, door: Door) -> None:
    """Write the file so that at no moment anybody else can read it."""
    target = path_beside(db)
    temporary = target.with_name(f"{target.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"url": door.url, "token": door.token}, file)
    temporary.replace(target)


def read(db: Path) -> Door | None:
    """The door, or None when there is no file or it cannot be trusted."""
    try:
        with path_beside(db).open(encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            data = json.loads(file.read(10_000))
            door = Door(str(data["url"]), str(data["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    private = stat.S_IMODE(status.st_mode) & 0o077 == 0 and status.st_uid == os.getuid()
    return door if private and door.token and is_loopback(door.url) else None


def remove(db: Path, door: Door) -> None:
    """Remove the file unless another app has written its own meanwhile."""
    if read(db) == door:
        path_beside(db).unlink(missing_ok=True)


def is_loopback(url: str) -> bool:
    """Whether an address stays on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def proof(token: str, nonce: str) -> str:
    """What only a holder of the token can answer to a nonce."""
    return hmac.new(token.encode("utf-8"), nonce.encode("utf-8"), hashlib.sha256).hexdigest()
