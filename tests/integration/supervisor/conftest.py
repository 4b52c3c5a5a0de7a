"""Tests with real servers wait for what must happen; what never happens is a failure, not a hang."""

from __future__ import annotations

from support.timeouts import a_minute_at_most

__all__ = ["a_minute_at_most"]
