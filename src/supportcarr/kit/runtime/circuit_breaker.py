"""Circuit breaker: stop calling a dependency that failed, then let one call through to test it."""

from __future__ import annotations

import time
from collections.abc import Callable


class CircuitBreaker:
    """Closed, open, or half-open.

    A failure opens it: no call is allowed for *reset_timeout_s* (wall seconds).  Then one call is
    allowed, and further ones are not until it succeeded or another *reset_timeout_s* has passed.
    """

    __slots__ = ("_now", "_open", "_reset_timeout_s", "_until", "failures")

    def __init__(self, reset_timeout_s: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._reset_timeout_s = reset_timeout_s
        self._now = monotonic
        self._open = False
        self._until = 0.0
        self.failures = 0

    def allow(self) -> bool:
        """Whether to call now; afterwards report with ``record_success`` or ``record_failure``."""
        if not self._open:
            return True
        now = self._now()
        if now < self._until:
            return False
        self._until = now + self._reset_timeout_s
        return True

    def record_success(self) -> None:
        self._open = False

    def record_failure(self) -> None:
        self._open = True
        self._until = self._now() + self._reset_timeout_s
        self.failures += 1
