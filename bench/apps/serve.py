"""Any page as an ASGI app with nothing around it: `python bench/apps/serve.py PAGE`.

Started the way `server.py` is started: `st.App`, a lifespan that freezes the collector, PORT.
PRELOAD names modules to import before that.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, object]]:
    """Freeze the collector, as the app does."""
    for name in os.environ.get("PRELOAD", "").split():
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    yield {}


if __name__ == "__main__":
    st.App(os.path.abspath(sys.argv[1]), lifespan=lifespan).run(
        config={"server.address": "127.0.0.1", "server.port": int(os.environ["PORT"])}
    )
