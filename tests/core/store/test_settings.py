from __future__ import annotations

from typing import Any

import pytest

from core.store import Store


@pytest.mark.parametrize("value", [None, True, 1.5, "日本語", [1, {"a": None}], {"b": []}])
def test_a_value_comes_back(store: Store, value: Any) -> None:
    store.settings.put("key", "before")
    store.settings.put("key", value)
    assert store.settings.get("key", "default") == value


def test_an_unknown_key_has_the_default(store: Store) -> None:
    assert store.settings.get("key") is None
    assert store.settings.get("key", 3) == 3
