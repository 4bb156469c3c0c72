"""google-genai clients, one per connection, made on first use and kept.

A client that is dropped closes its connection pool, so they live as long as the process.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

from core.config import Secrets
from core.errors import NotConfigured
from core.records.models import Connection

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from google.genai import Client

API_VERSIONS = {"gemini": "v1beta", "sandbox": "v1beta", "platform": "v1beta1"}
TIMEOUT_MS = 900_000
"""The SDK has none by default. With aiohttp it bounds the whole call; the engine's own timers for
the first byte and for silence are the ones that matter."""
READ_BUFFER = 2**22
"""Bytes, as the SDK's own session has them: a line of a stream may be that long."""


class Clients:
    """The SDK's clients by surface."""

    def __init__(self, connections: Mapping[str, Connection], secrets: Secrets) -> None:
        self._connections = connections
        self._secrets = secrets
        self._clients: dict[str, Client] = {}
        self._sessions: list[ClientSession] = []
        self._lock = threading.Lock()

    def connection(self, surface: str) -> Connection:
        """The connection. NotConfigured when it is unknown or not live."""
        connection = self._connections.get(surface)
        if connection is None:
            raise NotConfigured(
                "There is no connection {surface}. Known: {known}.",
                surface=surface,
                known=", ".join(self._connections),
            )
        if not connection.live:
            raise NotConfigured(
                "The connection {surface} is not set up. Set {missing} and start again.",
                surface=surface,
                missing=connection.problem,
            )
        return connection

    def client(self, surface: str) -> Client:
        """The client of a connection. NotConfigured when there is none."""
        connection = self.connection(surface)
        with self._lock:
            if surface not in self._clients:
                self._clients[surface] = self._make(connection)
            return self._clients[surface]

    async def close(self) -> None:
        """Close the connections of all clients."""
        with self._lock:
            clients, sessions = list(self._clients.values()), list(self._sessions)
            self._clients.clear()
            self._sessions.clear()
        for client in clients:
            await client.aio.aclose()
            client.close()
        for session in sessions:
            await session.close()

    def _make(self, connection: Connection) -> Client:
        # httpx 0.28 opens a connection per call and loses some; read when a Client is made.
        os.environ.setdefault("GOOGLE_GENAI_HTTP_CLIENT", "httpx2")
        from google import genai
        from google.genai import types

        options = types.HttpOptions(
            base_url=connection.base_url,
            api_version=API_VERSIONS[connection.surface],
            timeout=TIMEOUT_MS,
            # Retrying is the engine's: anything but explicit options would try again by itself.
            retry_options=types.HttpRetryOptions(attempts=1),
        )
        if connection.surface == "platform":
            return genai.Client(
                vertexai=True,
                project=connection.project,
                location=connection.location,
                credentials=platform_credentials(connection),
                http_options=options,
            )
        session = direct_session()
        if session is not None:
            self._sessions.append(session)
            options.aiohttp_client = session
        key = self._secrets.gemini_api_key if connection.surface == "gemini" else "sandbox"
        return genai.Client(vertexai=False, api_key=key, http_options=options)


def direct_session() -> ClientSession | None:
    """A session for whoever has no proxy; None when there is one, or no running loop.

    The SDK's own session looks for proxies and a netrc file before every call, each time in
    another thread. With 32 calls at once that made a grid of answers a tenth slower.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return None
    if getproxies():
        return None
    from aiohttp import ClientSession, TCPConnector

    # As the SDK makes it, apart from `trust_env`.
    return ClientSession(connector=TCPConnector(limit=0), read_bufsize=READ_BUFFER)


def platform_credentials(connection: Connection) -> Any:
    """Application default credentials; a placeholder for a server elsewhere when there are none.

    None lets the SDK look for them itself, and say what is missing on the first call.
    """
    if connection.base_url is None:
        return None
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError
    from google.oauth2.credentials import Credentials

    try:
        return google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])[0]
    except DefaultCredentialsError:
        return Credentials(token="local")  # type: ignore[no-untyped-call]
