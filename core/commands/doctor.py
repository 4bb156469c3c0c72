"""`python -m core doctor`: check this installation."""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from core.commands import token_file
from core.commands.printing import print_json, print_text
from core.commands.terminal_language import explained
from core.commands.transport import is_open
from core.commands.verb import DONE, FAILED, Arguments, Events, Perform, Verb
from core.config import ROOT, Settings
from core.errors import WorkbenchError, fill

if TYPE_CHECKING:
    from core.workbench import Workbench

LEAST_FREE_BYTES = 1_000_000_000
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*([^#]*)")


class Check(NamedTuple):
    """One line of the report; a warning does not fail it."""

    name: str
    status: Literal["ok", "warning", "failed"]
    detail: str


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--online", action="store_true", help="ask each connection for its models")


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield a check for the database and for each connection."""
    size = workbench.settings.db.stat().st_size
    path = workbench.settings.db
    yield Check("database", "ok", f"{path}, {size / 1_000_000:.1f} MB")._asdict()
    yield from _clock(workbench)
    for name, connection in workbench.connections.items():
        if not connection.live:
            yield Check(name, "warning", f"not configured: {connection.problem}")._asdict()
        elif not arguments["online"]:
            yield Check(name, "ok", "configured; --online asks it")._asdict()
        else:
            yield _asked(workbench, name)._asdict()


def _clock(workbench: Workbench) -> Events:
    """A clock set wrong makes days left and prices wrong, and stops nothing."""
    now = datetime.now(UTC)
    doubts = workbench.models.clock_doubts(now)
    for doubt in doubts:
        yield Check("clock", "warning", fill(doubt.template, doubt.values))._asdict()
    if not doubts:
        yield Check("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC, nothing speaks against it")._asdict()


def _asked(workbench: Workbench, surface: str) -> Check:
    answer = workbench.engine.check(surface)
    if answer.ok:
        return Check(surface, "ok", f"reachable, {len(answer.models)} models")
    return Check(surface, "failed", f"{answer.code}: {answer.message}")


def present(options: Namespace, perform: Perform) -> int:
    """Print the report."""
    checks = [*_here(), *_in_workbench(perform, online=options.online)]
    failed = any(check.status == "failed" for check in checks)
    if options.json:
        print_json({"ok": not failed, "checks": [check._asdict() for check in checks]})
    else:
        for check in checks:
            print_text(f"{check.status:<8} {check.name:<24} {check.detail}")
    return FAILED if failed else DONE


def _here() -> Iterator[Check]:
    """What needs no database."""
    yield _python()
    yield from _packages(ROOT / "requirements.txt")
    try:
        settings = Settings.from_environment(os.environ)
    except WorkbenchError as error:
        yield Check("settings", "failed", explained(error))
        return
    yield _disk(settings.db)
    yield _port(settings)


def _in_workbench(perform: Perform, *, online: bool) -> Iterator[Check]:
    try:
        for event in perform({"online": online}):
            yield _check_from(event)
    except WorkbenchError as error:
        yield Check("database", "failed", explained(error))


def _check_from(event: Any) -> Check:
    return Check(event["name"], event["status"], event["detail"])


def _python() -> Check:
    status: Literal["ok", "failed"] = "ok" if sys.version_info >= (3, 11) else "failed"
    return Check("python", status, f"{platform.python_version()} (3.11 or newer is needed)")


def _packages(requirements: Path) -> Iterator[Check]:
    """Whether the direct requirements are there, in versions within their ranges."""
    for line in requirements.read_text("utf-8").splitlines():
        found = _REQUIREMENT.match(line)
        if not found:
            continue
        name, wanted = found[1], found[2].strip()
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Check(name, "failed", f"not installed; {wanted} is needed: make run installs it")
            continue
        fits = _within(version, wanted)
        yield Check(
            name, "ok" if fits else "failed", version if fits else f"{version}, not {wanted}"
        )


def _within(version: str, wanted: str) -> bool:
    """Whether a version fits a range such as `>=2.34,<3`; only >= and < are used there."""
    have = _numbers(version)
    for bound in wanted.split(","):
        if bound.startswith(">=") and have < _numbers(bound[2:]):
            return False
        if bound.startswith("<") and have >= _numbers(bound[1:]):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _disk(db: Path) -> Check:
    folder = next(parent for parent in (db, *db.parents) if parent.is_dir())
    free = shutil.disk_usage(folder).free
    status: Literal["ok", "warning"] = "ok" if free >= LEAST_FREE_BYTES else "warning"
    return Check("disk space", status, f"{free / 1_000_000_000:.1f} GB free in {folder}")


def _port(settings: Settings) -> Check:
    door = token_file.read(settings.db)
    if door is not None and is_open(door):
        return Check("app", "ok", f"running at {door.url}")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return Check(
                "port",
                "warning",
                f"{settings.port} on {settings.host}: {error.strerror}; choose one with PORT=",
            )
    return Check("port", "ok", f"{settings.port} is free; the app is not running")


VERB = Verb(describe, present, execute)
