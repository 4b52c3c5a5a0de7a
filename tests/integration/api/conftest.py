"""One platform a module: the tests of a module share it, and each makes people of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from support.http.route_calls import Cast, cast_of
from support.platform.in_process import Platform, running_platform
from support.rescues.fixtures import RescueFactory


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A whole platform, alone in its temporary folder."""
    async with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture(scope="module")
def stage(platform: Platform) -> RescueFactory:
    """Makes rescues in any state on it."""
    return RescueFactory(platform)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(stage: RescueFactory) -> Cast:
    """People, and one of everything that a path can name."""
    return await cast_of(stage)
