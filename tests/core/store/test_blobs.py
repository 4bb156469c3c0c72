from __future__ import annotations

import hashlib

import pytest

from core.errors import NotFound
from core.store import Store


@pytest.mark.parametrize("data", [b"", b"\x00\xff" * 10, bytes(range(256)) * 20_000])
def test_bytes_come_back_by_their_hash(store: Store, data: bytes) -> None:
    sha256 = store.blobs.put(data, "image/png")
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert store.blobs.get(sha256) == data


def test_the_same_bytes_are_stored_once(store: Store) -> None:
    first, second = store.blobs.put(b"a", "image/png"), store.blobs.put(b"a", "image/png")
    assert first == second
    assert store._database.row("select count(*) from blobs") == (1,)


def test_missing_bytes_are_not_found(store: Store) -> None:
    assert not store.blobs.has("0" * 64)
    with pytest.raises(NotFound):
        store.blobs.get("0" * 64)
