"""`python -m core sandbox`: serve simulated models on this machine."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from contextlib import suppress

from core.commands.printing import note, print_json, print_text
from core.commands.verb import DONE, FAILED, Perform, Verb, WrongUsage
from core.sandbox.settings import SandboxSettings, listening_socket

_USUAL = SandboxSettings()


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Serve simulated models behind the Gemini REST protocol, on loopback, until interrupted. "
        "They are a deterministic text engine, not a language model. Prints its address, which "
        "GOOGLE_GEMINI_BASE_URL takes."
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="a free one if left out")
    parser.add_argument(
        "--latency-ms",
        type=float,
        default=_USUAL.latency_ms,
        metavar="MS",
        help=f"until the answer begins ({_USUAL.latency_ms:g})",
    )
    parser.add_argument(
        "--chunk-rate",
        type=float,
        default=_USUAL.chunk_rate,
        metavar="N",
        help=f"chunks a second when streaming ({_USUAL.chunk_rate:g})",
    )
    parser.add_argument("--faults", action="store_true", help="obey fault switches, for tests")


def present(options: Namespace, perform: Perform) -> int:
    """Serve. The workbench is not asked for anything."""
    # An HTTP server, which `--help` does without.
    from core.sandbox.server import serve

    if options.latency_ms < 0 or options.chunk_rate <= 0:
        raise WrongUsage("--latency-ms must be at least 0, and --chunk-rate above 0.")
    settings = SandboxSettings(options.latency_ms, options.chunk_rate, options.faults)

    def announce(url: str) -> None:
        if options.json:
            print_json({"url": url})
        else:
            print_text(url)

    try:
        listening = listening_socket(options.port)
    except (OSError, OverflowError) as error:
        note(f"Port {options.port} cannot be used: {error}")
        return FAILED
    with listening, suppress(KeyboardInterrupt):
        asyncio.run(serve(listening, settings, announce, asyncio.Event().wait))
    return DONE


VERB = Verb(describe, present)
