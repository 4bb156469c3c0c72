"""`python -m core.sandbox --port N`: the server as its own process."""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

from core.sandbox.server import serve
from core.sandbox.settings import SandboxSettings, listening_socket


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; with --until-eof also until standard input ends."""
    parser = argparse.ArgumentParser(
        prog="python -m core.sandbox",
        description="Simulated models behind the Gemini REST protocol, on loopback. "
        "Not a language model.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--latency-ms", type=float, default=SandboxSettings().latency_ms)
    parser.add_argument("--chunk-rate", type=float, default=SandboxSettings().chunk_rate)
    parser.add_argument("--batch-seconds", type=float, default=SandboxSettings().batch_s)
    parser.add_argument("--faults", action="store_true", help="obey fault switches, for tests")
    parser.add_argument("--socket", type=int, help=argparse.SUPPRESS)  # inherited, listening
    parser.add_argument("--until-eof", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    settings = SandboxSettings(
        chosen.latency_ms, chosen.chunk_rate, chosen.faults, chosen.batch_seconds
    )
    until = _end_of_input if chosen.until_eof else asyncio.Event().wait
    try:
        listening = _listening(chosen.socket, chosen.port)
    except OSError as error:
        print(f"Port {chosen.port} cannot be used: {error}", file=sys.stderr)
        return 1
    with listening, suppress(KeyboardInterrupt):
        asyncio.run(serve(listening, settings, _announce, until))
    return 0


def _listening(inherited: int | None, port: int) -> socket.socket:
    if inherited is not None:
        return socket.socket(fileno=inherited)
    return listening_socket(port)


def _announce(address: str) -> None:
    print(address, flush=True)


async def _end_of_input() -> None:
    """The parent holds the other end: it closes however the parent dies."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    while await reader.read(1024):
        continue


if __name__ == "__main__":
    sys.exit(main())
