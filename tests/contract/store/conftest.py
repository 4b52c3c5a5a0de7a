"""The contract suite of the store: every promise of its port, on every engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.store.fixtures import ENGINES, PARCELS, Parcel, store_at
from supportcarr.kit.store.port import Collection, Store


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of one engine."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = store_at(url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def other_store(url: str, store: Store) -> AsyncIterator[Store]:
    """A second store on the same database, as another process has it."""
    opened = store_at(url)
    opened.collection(PARCELS)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def parcels(store: Store) -> Collection[Parcel]:
    return store.collection(PARCELS)
