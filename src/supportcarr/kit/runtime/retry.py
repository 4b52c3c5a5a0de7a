"""The exception with which work asks to be tried again later."""

from __future__ import annotations


class RetryLater(Exception):
    """Run this again after that many wall seconds.  Expected, and not counted as a failure."""

    def __init__(self, seconds: float, why: str) -> None:
        self.seconds, self.why = seconds, why
        super().__init__(why)
