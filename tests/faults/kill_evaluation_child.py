"""A process that goes on with an evaluation until it is killed. `open`, then `done` when it ends."""

from __future__ import annotations

import os
import sys
import threading
import time

import google.genai  # noqa: F401  (otherwise the first call would wait for it)

from core.config import Settings
from core.workbench import Workbench

if __name__ == "__main__":
    bench = Workbench.open(Settings.from_environment(os.environ))
    evaluation_id = sys.argv[1]
    if bench.evaluations.get(evaluation_id).job_id is None:
        bench.evaluations.start(evaluation_id, actor="ada")
    else:
        bench.jobs.resume_interrupted(actor="ada")
    sys.stdout.write("open\n")
    sys.stdout.flush()
    while bench.evaluations.status(evaluation_id) == "running":
        time.sleep(0.05)
    sys.stdout.write("done\n")
    sys.stdout.flush()
    threading.Event().wait()
