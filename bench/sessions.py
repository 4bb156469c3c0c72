"""Twenty people at once: each clicks once a second, and waits for the page's script to finish.

The sessions are websocket clients on Streamlit's own protobufs, in a process of their own. They
acknowledge each packet at once, as browsers do; a plain Python socket waits up to 40 ms, and a
server whose socket has Nagle's algorithm on waits with it (that row is given without a bound).
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, TCPConnector

from bench import screens
from bench.processes import NOWHERE, Served, workbench
from bench.report import Report, Row, arguments, median, percentile, publish
from bench.session_client import Session

SESSIONS = 20
EVERY_S = 1.0
P90_MS = 150.0


@asynccontextmanager
async def sessions(url: str, click: screens.Click, eager: bool) -> AsyncIterator[list[Session]]:
    """Twenty open sessions on one page."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession(connector=TCPConnector(limit=0)))
        opened = []
        for _ in range(SESSIONS):
            session = await Session.open(http, url, click.page, eager=eager)
            stack.push_async_callback(session.socket.close)
            opened.append(session)
        yield opened


async def press(session: Session, click: screens.Click, turn: int) -> float:
    """One click; the seconds until the script has finished."""
    return await session.set(click.key(session.widgets, turn), **click.value(turn))


async def keep_clicking(
    session: Session, click: screens.Click, start: float, until: float
) -> list[float]:
    """Seconds of each rerun; a click whose turn has passed while waiting is made at once."""
    times: list[float] = []
    for turn in itertools.count():
        due = start + turn * EVERY_S
        if due >= until:
            break
        await asyncio.sleep(max(due - time.monotonic(), 0))
        times.append(await press(session, click, turn))
    return times


async def measure(app: Served, click: screens.Click, seconds: float, eager: bool) -> list[Row]:
    """One page under twenty sessions."""
    async with sessions(app.url, click, eager) as opened:
        await asyncio.gather(*(press(session, click, 1) for session in opened))
        cpu, began = app.cpu_seconds(), time.monotonic()
        turns = (
            keep_clicking(session, click, began + n * EVERY_S / SESSIONS, began + seconds)
            for n, session in enumerate(opened)
        )
        times = [t * 1000 for per_session in await asyncio.gather(*turns) for t in per_session]
        load = (app.cpu_seconds() - cpu) / (time.monotonic() - began)
    name = f"{click.page.capitalize()}, {SESSIONS} sessions"
    if not eager:
        note = "delayed acknowledgement, as a plain Python socket does"
        return [Row(f"{name}: rerun, p90", percentile(times, 0.9), note=note)]
    note = f"{len(times)} clicks on {click.what}; median {median(times):.0f} ms"
    return [
        Row.at_most(f"{name}: rerun, p90", percentile(times, 0.9), P90_MS, note=note),
        Row(f"{name}: rerun, median", median(times)),
        Row(f"{name}: processor of the app", 100 * load, "%"),
    ]


async def measure_pages(app: Served, seconds: float) -> list[Row]:
    """Prompt and History, one after the other."""
    rows: list[Row] = []
    for click in screens.CLICKS:
        rows += await measure(app, click, seconds, eager=True)
        rows += await measure(app, click, seconds / 2, eager=False)
    rows.append(Row("memory of the app after all sessions", app.memory_mb(), "MB"))
    return rows


def main() -> int:
    """Measure and print."""
    options = arguments(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory() as name, workbench(Path(name), NOWHERE) as app:
        screens.wait_until_warm(app.url)
        rows = asyncio.run(measure_pages(app, 6 if options.quick else 20))
    return publish(Report("sessions", "python -m bench sessions", rows), options.json)


if __name__ == "__main__":
    sys.exit(main())
