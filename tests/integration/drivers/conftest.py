"""Fixtures of one platform per module; each test creates its own people."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from support.platform.in_process import Platform, running_platform


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A complete platform in its own temporary folder, with files on this machine."""
    async with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running
