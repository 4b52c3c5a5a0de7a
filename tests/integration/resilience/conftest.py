"""Faults are waited out, and what never happens is a failure, not a hang."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from support.platform import Platform, running_platform
from support.scenes import Stage

LONGEST_SECONDS = 60


@pytest.fixture(autouse=True)
def a_minute_at_most() -> Iterator[None]:
    def end(*_: object) -> None:
        raise TimeoutError(f"this test ran for longer than {LONGEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LONGEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform of the test's own, with short patience: Stripe 1 s, the store 1 s, a request 4 s."""
    short = {"STRIPE_TIMEOUT_SECONDS": "1", "REQUEST_SECONDS": "4", "JOBS_SWEEP_SECONDS": "0.3"}
    async with running_platform(tmp_path, patience_s=1.0, **short) as running:
        running.contract.under_faults = True
        yield running


@pytest.fixture
def stage(platform: Platform) -> Stage:
    return Stage(platform)
