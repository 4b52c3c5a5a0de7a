"""A time limit for tests, so that a test that waits in vain fails instead of hanging."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

LONGEST_SECONDS = 60


@pytest.fixture(autouse=True)
def a_minute_at_most() -> Iterator[None]:
    """Fail a test after a minute; it applies to the folder of each conftest that imports it."""

    def end(*_: object) -> None:
        raise TimeoutError(f"this test ran for longer than {LONGEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LONGEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
