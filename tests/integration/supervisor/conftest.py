"""Tests with real servers wait for what must happen; what never happens is a failure, not a hang."""

from __future__ import annotations

from support.timeouts import one_minute_limit

__all__ = ["one_minute_limit"]
