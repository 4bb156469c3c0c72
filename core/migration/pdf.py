"""A dossier as PDF, printed by the browser that is on this machine, without any network."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from core.errors import WorkbenchError
from core.migration.pdf_text import searchable

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
         "microsoft-edge", "msedge")  # fmt: skip
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
)
TIMEOUT_S = 60.0
FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage", "--no-pdf-header-footer",
    # A dossier names no address; were there one, it would not be found.
    "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9",
)  # fmt: skip


def browser(environ: Mapping[str, str] = os.environ) -> str | None:
    """The browser that prints: what CHROMIUM names, else the first of those that are known."""
    named = environ.get("CHROMIUM")
    path = environ.get("PATH")
    for name in (*([named] if named else []), *NAMES):
        if found := shutil.which(name, path=path):
            return found
    return next((place for place in PLACES if Path(place).is_file()), None)


def as_pdf(html: str, program: str | None, timeout_s: float = TIMEOUT_S) -> bytes:
    """The printed page. WorkbenchError without a browser, or when it does not print in time."""
    if program is None:
        raise WorkbenchError(
            "No Chromium, Chrome or Edge was found to make a PDF. Install one, set CHROMIUM to its "
            "path, or take the HTML and print it from any browser."
        )
    with tempfile.TemporaryDirectory(prefix="dossier-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        page, printed = folder / "dossier.html", folder / "dossier.pdf"
        page.write_text(html, "utf-8", "replace")
        command = [program, *FLAGS, f"--user-data-dir={folder / 'profile'}",
                   f"--print-to-pdf={printed}", page.as_uri()]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Chromium refuses its own sandbox to root; the page holds no script.
            command.insert(1, "--no-sandbox")
        _run(command, timeout_s)
        if not printed.is_file():
            raise _failed(program, "it wrote no file")
        return searchable(printed.read_bytes())


def _run(command: list[str], timeout_s: float) -> None:
    own_group = sys.platform != "win32"
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=own_group,
        )  # fmt: skip
    except OSError as error:
        raise _failed(command[0], error.strerror or str(error)) from error
    try:
        code = child.wait(timeout_s)
    except subprocess.TimeoutExpired as error:
        raise _failed(command[0], f"it took more than {timeout_s:g} s") from error
    finally:
        _end(child, own_group)
    if code:
        raise _failed(command[0], f"exit code {code}")


def _end(child: subprocess.Popen[bytes], own_group: bool) -> None:
    """End a browser that still runs, with the processes that it started."""
    if child.poll() is not None:
        return
    if own_group:
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.wait()


def _failed(program: str, reason: str) -> WorkbenchError:
    return WorkbenchError(
        "{program} could not make the PDF: {reason}. Take the HTML and print it from any browser.",
        program=program,
        reason=reason,
    )
