"""Tests with real servers have a time limit, so that they fail instead of hanging."""

from __future__ import annotations

from support.timeouts import time_limit

__all__ = ["time_limit"]
