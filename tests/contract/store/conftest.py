"""The contract suite of the store: every guarantee of its port, on every engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.store.fixtures import ENGINES, PARCELS, Parcel, store_at
from supportcarr.kit.store.port import Collection, Store


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on every engine; tests marked ``processes`` only on engines that processes can share."""
    if "url" in metafunc.fixturenames:
        shared = metafunc.definition.get_closest_marker("processes") is not None
        metafunc.parametrize("url", ENGINES if shared else ("memory", *ENGINES), indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of one engine."""
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
    """A second store on the same database, which stands for another process."""
    opened = store_at(url)
    opened.collection(PARCELS)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def parcels(store: Store) -> Collection[Parcel]:
    return store.collection(PARCELS)
