"""How a command reaches a workbench: its own, or the running app's."""

from __future__ import annotations

import json
import os
import secrets
import time
import urllib.error
import urllib.request
from contextlib import closing
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from core.commands import token_file
from core.commands.token_file import Door
from core.commands.verb import Arguments, Events, Verb
from core.commands.wire_errors import error_from
from core.config import Settings
from core.errors import StoreLocked, WorkbenchError

# How long to wait for another command to let go of the database.
PATIENCE_S = 10.0
# The app sends a sign of life every second.
SILENCE_S = 60.0

# Never through a proxy: the app is on this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def perform(verb: Verb, name: str, arguments: Arguments) -> Events:
    """Run a verb's `execute` where the database is; yields its events.

    A running app is asked first. Otherwise the file is opened here; when another process holds
    it, that is tried again for a few seconds, because commands come in rows.
    """
    settings = Settings.from_environment(os.environ)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        door = token_file.read(settings.db)
        if door is not None and is_open(door):
            yield from _remote(door, name, arguments)
            return
        try:
            workbench = _open(settings)
        except StoreLocked:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
            continue
        with closing(workbench):
            assert verb.execute is not None
            yield from verb.execute(workbench, arguments)
        return


def _open(settings: Settings) -> Any:
    # The store, the engine and the catalogue take half a second to import; a running app is
    # reached without them.
    from core.workbench import Workbench

    return Workbench.open(settings)


def is_open(door: Door) -> bool:
    """Whether the app that wrote the token still answers there, and not somebody else."""
    nonce = secrets.token_hex(16)
    request = urllib.request.Request(f"{door.url}/api/hello?{urlencode({'nonce': nonce})}")
    try:
        with _opener.open(request, timeout=2) as response:
            answer = json.loads(response.read(10_000))
            return secrets.compare_digest(
                str(answer.get("proof")), token_file.proof(door.token, nonce)
            )
    except (OSError, HTTPException, ValueError, AttributeError):
        return False


def _remote(door: Door, name: str, arguments: Arguments) -> Events:
    request = urllib.request.Request(
        f"{door.url}/api/command",
        data=json.dumps({"verb": name, "arguments": arguments}).encode("utf-8"),
        headers={"Authorization": f"Bearer {door.token}", "Content-Type": "application/json"},
    )
    try:
        with _opener.open(request, timeout=SILENCE_S) as response:
            for line in response:
                message = json.loads(line)
                if "event" in message:
                    yield message["event"]
                elif "error" in message:
                    raise error_from(message["error"])
                elif "end" in message:
                    return
    except urllib.error.HTTPError as error:
        raise WorkbenchError(
            "The running app refused the command ({reason}). Restart the app and try again.",
            reason=f"HTTP {error.code}",
        ) from error
    except (OSError, HTTPException, ValueError) as error:
        raise _cut_off() from error
    raise _cut_off()


def _cut_off() -> WorkbenchError:
    return WorkbenchError(
        "The running app stopped answering before the command was done. Look at its log, and "
        "at the history for what was completed."
    )
