"""Log an outage of a store: one line when it begins and one when it is over, however many calls fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

QUIET_S = 10.0  # longer than any time-out of a store: while some calls still fail, the outage is not over

log = structlog.get_logger(__name__)


class Outage:
    """Whether the store of this process is unavailable.  Engines report to it from any thread.

    Callers that get ``StoreUnavailable`` need not log it.  It records nothing before ``begin``: whoever
    opens the store reports what prevents that.
    """

    def __init__(self, *, quiet_s: float = QUIET_S, now: Callable[[], float] = time.monotonic) -> None:
        self.quiet_s = quiet_s
        self._now = now
        self._lock = threading.Lock()
        self._recording = False
        self._began_at = self._failed_at = 0.0
        self.active = False

    def begin(self) -> None:
        """Record from now on: the store is open."""
        self._recording = True

    def end(self) -> None:
        """Record nothing any more: the store is closed."""
        self._recording = self.active = False

    def record_failure(self, error: Exception) -> None:
        """A call found the store unavailable."""
        with self._lock:
            if not self._recording:
                return
            self._failed_at = self._now()
            if not self.active:
                self.active = True
                self._began_at = self._failed_at
                log.warning("store_failed", error=str(error))

    def record_success(self) -> None:
        """A call succeeded; to be reported only while ``active``."""
        with self._lock:
            if self.active and self._now() - self._failed_at >= self.quiet_s:
                self.active = False
                log.info("store_recovered", outage_s=round(self._failed_at - self._began_at, 1))
