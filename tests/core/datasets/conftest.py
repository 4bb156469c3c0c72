from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.datasets.datasets import Datasets
from core.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store.open(":memory:")
    yield store
    store.close()


@pytest.fixture
def datasets(store: Store) -> Datasets:
    return Datasets(store)
