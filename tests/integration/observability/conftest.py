"""A time limit for each test."""

from __future__ import annotations

from support.timeouts import time_limit

__all__ = ["time_limit"]
