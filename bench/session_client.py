"""A browser session without a browser: a websocket client on Streamlit's own protobufs."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

RUN_LIMIT_S = 30.0


class ScriptFailed(Exception):
    """The page's script ended with an exception, so its time means nothing."""


@dataclass(slots=True)
class Session:
    """One connected session. `widgets` maps the keys of the page's widgets to their ids.

    A widget of a fragment makes only that fragment run again, as in a browser.
    `known` are the messages that the server need not send again, and the widget in each.
    With `eager` the session acknowledges every packet at once, as a browser does.
    """

    socket: ClientWebSocketResponse
    page: str
    eager: bool = True
    query: str = ""
    script_hash: str = ""
    widgets: dict[str, str] = field(default_factory=dict)
    values: dict[str, WidgetState] = field(default_factory=dict)
    known: dict[str, dict[str, str]] = field(default_factory=dict)
    fragments: dict[str, str] = field(default_factory=dict)
    deltas: list[ForwardMsg] = field(default_factory=list)
    received_bytes: int = 0

    @classmethod
    async def open(
        cls, http: ClientSession, url: str, page: str, *, query: str = "", eager: bool = True
    ) -> Session:
        """Connect, and run the page once."""
        stream = await http.ws_connect(
            f"{url}/_stcore/stream", protocols=("streamlit",), max_msg_size=0, autoping=True
        )
        session = cls(stream, page, eager, query)
        await session.run()
        return session

    async def set(self, key: str, **value: Any) -> float:
        """Change the widget with this key and wait for the run; seconds from sending to finished.

        `value` is a field of Streamlit's WidgetState: `trigger_value`, `int_value` ...
        """
        state = WidgetState(id=self.widgets[key], **value)
        states = {**self.values, state.id: state}
        if "trigger_value" not in value:
            self.values = states
        return await self.run(list(states.values()), self.fragments.get(state.id, ""))

    async def run(self, states: list[WidgetState] | None = None, fragment: str = "") -> float:
        """Ask for a rerun and read until the script has finished; the seconds that took."""
        message = BackMsg()
        client = message.rerun_script
        client.query_string = self.query
        client.page_script_hash = self.script_hash
        client.page_name = "" if self.script_hash else self.page
        client.fragment_id = fragment
        client.widget_states.widgets.extend(states or [])
        client.cached_message_hashes.extend(self.known)
        client.context_info.locale = "en-US"
        client.context_info.timezone = "UTC"
        self.deltas = []
        if not fragment:
            self.widgets, self.fragments = {}, {}
        started = time.perf_counter()
        await self.socket.send_bytes(message.SerializeToString())
        await asyncio.wait_for(self._read_until_finished(), RUN_LIMIT_S)
        return time.perf_counter() - started

    async def _read_until_finished(self) -> None:
        while True:
            if self.eager:
                self._acknowledge_at_once()
            received = await self.socket.receive()
            if received.type is not WSMsgType.BINARY:
                raise ConnectionError(f"The server closed the session: {received!r}")
            self.received_bytes += len(received.data)
            message = ForwardMsg.FromString(received.data)
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                break
            self._take(kind, message)

    def _take(self, kind: str | None, message: ForwardMsg) -> None:
        if kind == "navigation":
            self.script_hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "ref_hash":
            self.widgets |= self.known[message.ref_hash]
        elif kind == "delta":
            self.deltas.append(message)
            widget = self._widget_of(message)
            self.widgets |= widget
            if message.delta.fragment_id:
                self.fragments |= dict.fromkeys(widget.values(), message.delta.fragment_id)
            if message.metadata.cacheable and message.hash:
                self.known[message.hash] = widget

    def _widget_of(self, message: ForwardMsg) -> dict[str, str]:
        if message.delta.WhichOneof("type") != "new_element":
            return {}
        element = message.delta.new_element
        name = element.WhichOneof("type")
        if name == "exception":
            raise ScriptFailed(f"{self.page}: {element.exception.message}")
        widget = getattr(getattr(element, name), "id", "") if name else ""
        if isinstance(widget, str) and widget.startswith("$$ID-"):
            return {widget.split("-", 2)[2]: widget}
        return {}

    def _acknowledge_at_once(self) -> None:
        """The kernel forgets the wish, so it is renewed before each read."""
        raw = self.socket.get_extra_info("socket")
        if raw is not None and hasattr(socket, "TCP_QUICKACK"):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
