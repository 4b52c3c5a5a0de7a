"""Each test runs on every engine, with two stores on one database, which stand for two processes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.store.fixtures import ENGINES, store_at
from supportcarr.kit.store.port import Store


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "url" in metafunc.fixturenames:
        metafunc.parametrize("url", ("memory", *ENGINES), indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of one engine."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def stores(url: str) -> AsyncIterator[tuple[Store, Store]]:
    first, second = store_at(url), store_at(url)
    for store in (first, second):
        await store.open()
    yield first, second
    for store in (second, first):
        await store.close()
