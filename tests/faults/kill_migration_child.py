"""Advances a migration until it is killed or there is no more to do; prints what is reported.

Arguments: the migration's id, then the calls that an optimization may take, if any.
"""

from __future__ import annotations

import os
import sys
import threading

import google.genai  # noqa: F401  (otherwise the first call would wait for it)

from core.config import Settings
from core.migration.unattended import Limits, Unattended
from core.workbench import Workbench

if __name__ == "__main__":
    bench = Workbench.open(Settings.from_environment(os.environ))
    advancing = Unattended(bench.store, bench.migrations, bench.evaluations, bench.optimizations)
    limits = Limits(int(sys.argv[2])) if len(sys.argv) > 2 else None
    for report in advancing.advance(sys.argv[1], actor="ada", optimize=limits):
        if report.text:
            sys.stdout.write(f"{report.step} {report.text}\n")
            sys.stdout.flush()
    sys.stdout.write("end\n")
    sys.stdout.flush()
    threading.Event().wait()
