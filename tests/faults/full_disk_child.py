"""Writes until the disk is full, then when it has room again; prints what it saw as JSON."""

from __future__ import annotations

import json
import resource
import signal
import sys
from pathlib import Path

from core.errors import StoreFull
from core.records.prompts import Part, Turn
from core.records.runs import CallContext, Reply, Request, RunFilter
from core.store import Store

ROOM = 8_000_000


def allow(size: int) -> None:
    """The largest file that this process may write: what a full disk does to it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def main(path: Path) -> dict[str, object]:
    """Fill, read while full, close the fill, write again."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = Store.open(path)
    request = Request("sandbox", "m", (Turn("user", (Part("質問" * 1000),)),))
    acknowledged: list[str] = []
    message = ""

    def run() -> None:
        run_id = store.new_id()
        context = CallContext("ada")
        store.ledger.reserve_and_send(run_id, 1, request, context, 0.5).result()
        store.ledger.settle_run(run_id, 1, Reply("ok", text=run_id), 0.25).result()
        acknowledged.append(run_id)

    allow(ROOM)
    try:
        while not message:
            run()
    except StoreFull as full:
        message = str(full)
    refused_again = 0
    for _ in range(3):
        try:
            store.memos.write("run", acknowledged[0], "x" * 2_000_000, actor="ada")
        except StoreFull:
            refused_again += 1
    # Folding the log into the file fails now, and DuckDB gives the database up until reopened.
    allow(ROOM // 8)
    store._database.checkpoint()
    readable = store.runs.get(acknowledged[0]).reply.text == acknowledged[0]
    allow(resource.RLIM_INFINITY)
    run()
    count = store.runs.count(RunFilter())
    store.close()
    return {
        "acknowledged": acknowledged,
        "message": message,
        "refused_again": refused_again,
        "readable": readable,
        "count": count,
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
