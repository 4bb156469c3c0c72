"""A process that makes runs until it is killed; prints an id when the store acknowledged it."""

from __future__ import annotations

import random
import sys
import threading
from pathlib import Path

from core.records.prompts import Part, Turn
from core.records.runs import CallContext, Reply, Request, RunFilter
from core.store import Store

RESERVED_USD = 0.25


def work(store: Store, seed: int, print_lock: threading.Lock) -> None:
    """Send and settle calls; some are tried twice, some are never settled."""
    chance = random.Random(seed)
    context = CallContext(f"person-{seed}", job_id="job")
    request = Request("sandbox", "m", (Turn("user", (Part("返品の手順 " * 40),)),))

    def say(kind: str, run_id: str) -> None:
        with print_lock:
            sys.stdout.write(f"{kind} {run_id}\n")
            sys.stdout.flush()

    while True:
        run_id = store.new_id()
        store.ledger.reserve_and_send(run_id, 1, request, context, RESERVED_USD).result()
        say("sent", run_id)
        attempt = 1
        if chance.random() < 0.2:
            store.ledger.settle_attempt(run_id, 1, Reply("unavailable"), 0.0).result()
            store.ledger.reserve_and_send(run_id, 2, request, context, RESERVED_USD).result()
            attempt = 2
        if chance.random() < 0.9:
            text = f"{run_id} " + "answer 回答 " * chance.randrange(100)
            store.ledger.settle_run(run_id, attempt, Reply("ok", text=text), 0.125).result()
            say("settled", run_id)
        if chance.random() < 0.05:
            # Reading folds the journal: the kill must also meet that.
            store.runs.page(RunFilter(), limit=5)


if __name__ == "__main__":
    opened = Store.open(Path(sys.argv[1]))
    opened.ledger.recover()
    sys.stdout.write("open\n")
    sys.stdout.flush()
    printing = threading.Lock()
    for number in range(int(sys.argv[2])):
        threading.Thread(target=work, args=(opened, number, printing), daemon=True).start()
    threading.Event().wait()
