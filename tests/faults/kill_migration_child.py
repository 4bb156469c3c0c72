"""Advances a migration until it is killed or there is no more to do; prints what is reported."""

from __future__ import annotations

import os
import sys
import threading

import google.genai  # noqa: F401  (otherwise the first call would wait for it)

from core.config import Settings
from core.migration.unattended import Unattended
from core.workbench import Workbench

if __name__ == "__main__":
    bench = Workbench.open(Settings.from_environment(os.environ))
    advancing = Unattended(bench.store, bench.migrations, bench.evaluations, bench.optimizations)
    for report in advancing.advance(sys.argv[1], actor="ada"):
        if report.text:
            sys.stdout.write(f"{report.step} {report.text}\n")
            sys.stdout.flush()
    sys.stdout.write("end\n")
    sys.stdout.flush()
    threading.Event().wait()
