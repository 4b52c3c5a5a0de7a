"""Spares what does not answer, and those who would wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable


class CircuitBreaker:
    """After a failure nobody asks for *rest_s* (wall seconds); then one asks for all, and the others
    go on doing without until that one has found out."""

    __slots__ = ("_now", "_open", "_rest_s", "_until", "failures")

    def __init__(self, reset_timeout_s: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rest_s = reset_timeout_s
        self._now = monotonic
        self._open = False
        self._until = 0.0
        self.failures = 0

    def allow(self) -> bool:
        """Whether to ask now; who does says afterwards how it went."""
        if not self._open:
            return True
        now = self._now()
        if now < self._until:
            return False
        self._until = now + self._rest_s
        return True

    def record_success(self) -> None:
        self._open = False

    def record_failure(self) -> None:
        self._open = True
        self._until = self._now() + self._rest_s
        self.failures += 1
