"""The store of these tests is in memory, except where processes share it."""

from __future__ import annotations

import pytest

from supportcarr.kit.store.port import Store


@pytest.fixture
def store(service_store: Store) -> Store:
    return service_store
