"""What never happens is a failure, not a hang."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

LONGEST_SECONDS = 60


@pytest.fixture(autouse=True)
def a_minute_at_most() -> Iterator[None]:
    """For tests that wait for what must happen; a conftest that imports it holds its folder to it."""

    def end(*_: object) -> None:
        raise TimeoutError(f"this test ran for longer than {LONGEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LONGEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
