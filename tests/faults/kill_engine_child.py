"""A process that makes model calls until it is killed; prints each run when it was told it ended.

Lines: `opening`, `open`, then `settled ID SHA256-OF-THE-ANSWER` for each.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import threading

import google.genai  # noqa: F401  (otherwise the first call would wait for it)

from core.config import Settings
from core.records.prompts import Parameters, Part, Turn
from core.records.runs import CallContext, Request, RunFilter
from core.workbench import Workbench

JOB = "kills"
COMPLAINT = "The parcel arrived late and the box was damaged. 返品の手順を教えてください。"


def say(line: str, lock: threading.Lock) -> None:
    with lock:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def work(bench: Workbench, caller: int, lock: threading.Lock) -> None:
    """Call after call; some are tried twice, some are stopped half-way."""
    chance = random.Random()
    for number in range(10**9):
        fault = "[[fault:unavailable times=1]]" if chance.random() < 0.05 else ""
        text = f"{os.getpid()}-{caller}-{number}: {COMPLAINT * chance.randrange(1, 5)}{fault}"
        request = Request(
            "sandbox", "sandbox-flash-2", (Turn("user", (Part(text),)),),
            parameters=Parameters(max_output_tokens=200),
        )  # fmt: skip
        context = CallContext(f"person-{caller}", job_id=JOB, foreground=caller % 2 == 0)
        live = bench.engine.submit(request, context, caps=bench.caps(context.actor, JOB))
        if chance.random() < 0.1:
            live.wait(0.1)
            live.cancel()
        live.wait()
        if live.reply is not None:
            digest = hashlib.sha256(live.reply.text.encode()).hexdigest()
            say(f"settled {live.run_id} {digest}", lock)
        if chance.random() < 0.05:
            # Reading folds the journal: the kill must also meet that.
            bench.store.runs.page(RunFilter(), limit=5)


if __name__ == "__main__":
    printing = threading.Lock()
    say("opening", printing)
    opened = Workbench.open(Settings.from_environment(os.environ))
    say("open", printing)
    for one in range(int(sys.argv[1])):
        threading.Thread(target=work, args=(opened, one, printing), daemon=True).start()
    threading.Event().wait()
