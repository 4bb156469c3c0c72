"""A TCP proxy whose connections can be dropped: a network that goes away and comes back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue


class FlakyProxy:
    """Forwards a loopback port to another; `drop()` cuts everything until `restore()`.

    Made inside the loop that serves it; `drop`, `restore` and `stop` may be called from any thread.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._down = False
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()

    def drop(self) -> None:
        """Reset every connection and take no new one."""
        self._loop.call_soon_threadsafe(self._cut)

    def restore(self) -> None:
        """Take connections again."""
        self._down = False

    def stop(self) -> None:
        """End `serve`."""
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def serve(self, ready: Callable[[FlakyProxy], None]) -> None:
        """Listen on a free port until `stop`; `ready` is called when the port is known."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready(self)
        await self._stopped.wait()
        self._cut()
        server.close()
        while self._open:
            await asyncio.sleep(0.01)

    def _cut(self) -> None:
        self._down = True
        for writer in self._open:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._down:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        pair = {writer, far_writer}
        self._open |= pair
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        self._open -= pair


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until one side ends or the connection is reset."""
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@contextmanager
def flaky_proxy(target: int) -> Iterator[FlakyProxy]:
    """Run a proxy in a thread of its own."""
    made: Queue[FlakyProxy] = Queue()

    async def serve() -> None:
        await FlakyProxy(target).serve(made.put)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    proxy = made.get(timeout=5)
    yield proxy
    proxy.stop()
    thread.join(5)
