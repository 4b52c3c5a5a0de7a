"""A platform for the routes of ratings, and stores of both engines for the service."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from support.platform.in_process import Platform, running_platform
from support.rescues.fixtures import RescueFactory
from support.store.fixtures import ENGINES, store_at
from supportcarr.kit.store.port import Store


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A complete platform in its own temporary folder."""
    async with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture(scope="module")
def factory(platform: Platform) -> RescueFactory:
    """Creates rescues in any state on the platform."""
    return RescueFactory(platform)


@pytest.fixture(params=("memory", *ENGINES))
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An open, empty store of each engine."""
    opened = store_at(request.getfixturevalue(request.param))
    await opened.open()
    yield opened
    await opened.close()
