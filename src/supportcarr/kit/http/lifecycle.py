"""Whether a process may take traffic: starting, ready, draining."""

from __future__ import annotations

import asyncio
import signal


class Lifecycle:
    """Whether this process may take traffic.

    starting → ready → draining: ``/readyz`` answers 200 only in the middle.  SIGTERM and SIGINT
    lead to the last (``watch_signals``), and so does ``drain``.
    """

    def __init__(self) -> None:
        self._ended = asyncio.Event()
        self._ready = False
        self.failing_checks: set[str] = set()  # of readiness, at the last look

    @property
    def ready(self) -> bool:
        return self._ready and not self.draining

    @property
    def draining(self) -> bool:
        return self._ended.is_set()

    def mark_ready(self) -> None:
        self._ready = True

    def drain(self) -> None:
        """Take no new work; harmless when repeated."""
        self._ended.set()

    async def until_drained(self) -> None:
        """Return once draining has begun."""
        await self._ended.wait()

    def watch_signals(self) -> None:
        """Let SIGTERM and SIGINT begin the draining, in place of ending the process at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)
