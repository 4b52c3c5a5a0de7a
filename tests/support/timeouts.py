"""A time limit for tests, so that a test that waits in vain fails instead of hanging."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

LIMIT_S = 300


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    """Fail a test after five minutes; it applies to the folder of each conftest that imports it."""

    def end(*_: object) -> None:
        raise TimeoutError(f"this test ran for longer than {LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
