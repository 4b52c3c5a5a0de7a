"""Tests with real servers have a time limit, so that they fail instead of hanging."""

from __future__ import annotations

from support.timeouts import one_minute_limit

__all__ = ["one_minute_limit"]
