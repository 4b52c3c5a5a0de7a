"""Flush the write-ahead log to the disk, once for all commits that wait for it.

A commit in mode ``synchronous = NORMAL`` only writes to the log file: every process sees it and it survives
the end of any process, but not a power cut.  It survives that once the log has been flushed.  A flush takes
about a millisecond, so no thread of the interpreter waits for it: the kernel flushes (Linux native AIO
through ``caio``, or a thread in C elsewhere) and tells the event loop by a file descriptor.  A thread of
Python would wait for the interpreter's lock twice, up to 5 ms each time in a busy process.

Flushing covers all that was written to the file before it, by any process.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import caio
import structlog

Done = Callable[[OSError | None], None]

log = structlog.get_logger(__name__)


class LogFlusher:
    """Flushes one log file.  ``flush`` and ``close`` are for one event loop, ``flush_now`` for any thread.

    Create it while a connection of this process has the log open.  Raises ``OSError``.
    """

    def __init__(self, log_path: Path) -> None:
        self._descriptor = os.open(log_path, os.O_RDWR | os.O_CLOEXEC)
        directory = os.open(log_path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)  # the log may be a new file
        finally:
            os.close(directory)
        self._waiting: list[Done] = []
        self._task: asyncio.Task[None] | None = None
        self._kernel: Any = None
        self._is_native = False
        self.flushes = 0

    def flush(self, done: Done) -> None:
        """Call *done* once everything written so far is on the disk, or with the error if it may not be."""
        self._waiting.append(done)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._flush_waiting(), name="sqlite flush")

    async def _flush_waiting(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                error: OSError | None = None
                try:
                    await self._flush()
                except Exception as raised:
                    log.exception("sqlite_flush_failed")
                    error = raised if isinstance(raised, OSError) else OSError(str(raised))
                self.flushes += 1
                for done in group:
                    done(error)
        finally:
            self._task = None

    async def _flush(self) -> None:
        if self._kernel is None:
            self._kernel, self._is_native = _context()
        try:
            await self._kernel.fdsync(self._descriptor)
        except ValueError:  # EINVAL from io_submit(2): the kernel or the file system has no such flush
            if not self._is_native:
                raise
            log.info("sqlite_native_aio_unavailable")
            self._kernel.close()
            self._kernel, self._is_native = _thread_context(), False
            await self._kernel.fdsync(self._descriptor)

    def flush_now(self) -> None:
        """Flush everything written so far.  Blocks.  Raises ``OSError``."""
        os.fdatasync(self._descriptor)
        self.flushes += 1

    async def close(self) -> None:
        """Wait for the flushes that were begun, then close the file."""
        if self._task is not None and self._task.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([self._task])
        if self._kernel is not None and not self._kernel.loop.is_closed():
            self._kernel.close()
        os.close(self._descriptor)


def _context() -> tuple[Any, bool]:
    """Linux native AIO where the kernel allows it, else threads in C; whether it is native.

    Not io_uring, which ``caio`` would prefer: container runtimes forbid it, and a flush costs it more CPU.
    """
    if caio.linux_aio_asyncio is not None:
        try:
            return caio.linux_aio_asyncio.AsyncioContext(max_requests=8), True  # type: ignore[no-untyped-call]
        except OSError:
            log.info("sqlite_native_aio_unavailable")
    return _thread_context(), False


def _thread_context() -> Any:
    return caio.thread_aio_asyncio.AsyncioContext(max_requests=8)  # type: ignore[no-untyped-call]
