"""A TCP proxy whose connections can be dropped: a network that goes away and comes back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class FlakyProxy:
    """Forwards a loopback port to another; `drop()` cuts everything until `restore()`."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._down = False
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()

    def drop(self) -> None:
        """Reset every connection and take no new one."""
        self._loop.call_soon_threadsafe(self._cut)

    def restore(self) -> None:
        """Take connections again."""
        self._down = False

    def _cut(self) -> None:
        self._down = True
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, ready: threading.Event) -> None:
        """Listen on a free port until the loop is stopped."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

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
    proxy, ready = FlakyProxy(target), threading.Event()

    def run() -> None:
        asyncio.set_event_loop(proxy._loop)
        task = proxy._loop.create_task(proxy.serve(ready))
        proxy._loop.run_forever()
        task.cancel()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(5)
    yield proxy
    proxy._loop.call_soon_threadsafe(proxy._loop.stop)
    thread.join(5)
