"""The event loop of simulated cities."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from support.simulator.idle_time import IdleTimeLoop


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """A city that is faster than the machine needs time that waits for it."""
    return {"loop": IdleTimeLoop if item.path.stem == "test_simulated_city" else asyncio.new_event_loop}
