"""The inventory of a page: every container and element that the real page sent to a browser.

It is made from the messages of a real session, so the replica cannot be poorer than the page it
stands for; what cannot be redrawn is counted and reported.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.replica_elements import Call, container, element

Where = tuple[int, ...]
MAIN, SIDEBAR = (0,), (1,)


def save(deltas: Iterable[ForwardMsg], file: Path) -> None:
    """Keep the last message of every place on the page."""
    last = {tuple(delta.metadata.delta_path): delta.SerializeToString() for delta in deltas}
    texts = [base64.b64encode(last[where]).decode() for where in sorted(last)]
    file.write_text(json.dumps(texts), "utf-8")


def messages(file: Path) -> dict[Where, Any]:
    """What was sent to each place, parents before their children."""
    found = (ForwardMsg.FromString(base64.b64decode(text)) for text in json.loads(file.read_text()))
    return {tuple(message.metadata.delta_path): message.delta for message in found}


@lru_cache
def load(file: Path) -> tuple[tuple[Where, Call], ...]:
    """Where each container and element goes, and the call that draws it."""
    sent = messages(file)
    calls = []
    for where, delta in sent.items():
        place = ".".join(map(str, where))
        if delta.HasField("add_block"):
            children = [
                other.add_block
                for below, other in sent.items()
                if below[:-1] == where and other.HasField("add_block")
            ]
            calls.append((where, container(delta.add_block, place, children)))
        elif delta.HasField("new_element"):
            calls.append((where, element(delta.new_element, place)))
    return tuple(calls)


def draw(inventory: Iterable[tuple[Where, Call]]) -> None:
    """Make the calls, each in the container that its place names."""
    drawn: dict[Where, Any] = {MAIN: st._main, SIDEBAR: st.sidebar}
    for where, call in inventory:
        if where[:-1] in drawn:
            drawn[where] = call(drawn[where[:-1]])


def kinds(file: Path) -> Counter[str]:
    """How many of each kind of container and element there are."""
    found: Counter[str] = Counter()
    for delta in messages(file).values():
        body = getattr(delta, str(delta.WhichOneof("type")))
        found[body.WhichOneof("type") or "container"] += 1
    return found
