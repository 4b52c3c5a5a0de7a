"""Fixtures of tests that cause faults: a platform with short time-outs, and a time limit for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.platform.in_process import Platform, running_platform
from support.rescues.fixtures import RescueFactory
from support.timeouts import time_limit

__all__ = ["factory", "platform", "time_limit"]


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform for one test, with short time-outs: Stripe 3 s, Redis 3 s, the store 2 s, a request 10 s."""
    async with running_platform(
        tmp_path,
        timeout_s=2.0,
        redis_timeout_s=3.0,
        STRIPE_TIMEOUT_SECONDS="3",
        REQUEST_SECONDS="10",
        JOBS_SWEEP_SECONDS="0.3",
    ) as running:
        running.contract.under_faults = True
        yield running


@pytest.fixture
def factory(platform: Platform) -> RescueFactory:
    return RescueFactory(platform)
