"""A platform for the routes of geocoding."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from support.platform.in_process import Platform, running_platform
from support.rescues.fixtures import RescueFactory


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A complete platform in its own temporary folder."""
    async with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture(scope="module")
def factory(platform: Platform) -> RescueFactory:
    """Creates rescues in any state on the platform."""
    return RescueFactory(platform)
