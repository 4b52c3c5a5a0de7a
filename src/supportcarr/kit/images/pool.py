"""Makes copies of images in processes of their own (``worker.py``), a few at a time.

A process starts with the first image and ends when there has been none for a while.  It is replaced after a
number of images, and killed if it misses its deadline: a broken or hostile image costs one process,
never this one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

import msgspec
import structlog

from supportcarr.kit.images.errors import UnusableImage, damaged, too_complex
from supportcarr.kit.images.messages import (
    LENGTH_BYTES,
    Copies,
    Refusal,
    Reply,
    Request,
    decode_length,
    frame,
)
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.retry import RetryLater

COMMAND = (sys.executable, "-m", "supportcarr.kit.images.worker")
DEADLINE_SECONDS = 120.0  # wall; the process limits its own CPU time
IMAGES_PER_PROCESS = 200
IDLE_SECONDS = 30.0
RETRY_SECONDS = 10.0
MAX_REPLY_BYTES = 64 * 1024 * 1024

log = structlog.get_logger(__name__)


class ImagePool:
    """At most *processes* processes, one image each at a time; further images wait."""

    def __init__(
        self,
        processes: int,
        *,
        command: Sequence[str] = COMMAND,
        deadline_seconds: float = DEADLINE_SECONDS,
        images_per_process: int = IMAGES_PER_PROCESS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._command = tuple(command)
        self._deadline = deadline_seconds
        self._images_per_process = images_per_process
        self._idle_seconds = idle_seconds
        self._slots = asyncio.Semaphore(processes)
        self._idle: list[tuple[Process, int]] = []  # with the number of images that each has had
        self._running: set[Process] = set()
        self._ending: asyncio.Task[None] | None = None
        self.killed = 0  # processes that missed their deadline or died
        self.images = 0

    async def derive(self, data: bytes, content_type: str) -> Copies:
        """The copies of an image.

        Raises ``UnusableImage``; ``RetryLater`` if its process was killed from outside or too slow.
        """
        async with self._slots:
            reply = await self._ask(frame(Request(data, content_type)))
            self.images += 1
            if self._ending is not None:
                self._ending.cancel()
            self._ending = asyncio.create_task(self._end_idle())
        if isinstance(reply, Refusal):
            raise UnusableImage(reply.code, reply.sentence)
        return reply

    def processes(self) -> list[int]:
        """The ids of the processes that run."""
        return [process.pid for process in self._running if process.returncode is None]

    def stats(self) -> dict[str, float]:
        return {"images_total": self.images, "killed_total": self.killed, "processes": len(self.processes())}

    async def close(self) -> None:
        """End all processes; images that are being processed fail."""
        if self._ending is not None:
            await cancel_and_wait(self._ending)
        self._idle.clear()
        for process in list(self._running):
            await self._kill(process)

    async def _ask(self, request: bytes) -> Reply:
        process, images = await self._take()
        try:
            async with asyncio.timeout(self._deadline):
                reply = await _exchange(process, request)
        except TimeoutError:
            self.killed += 1
            log.warning("image_process_too_slow", seconds=self._deadline)
            raise RetryLater(RETRY_SECONDS, "the image took too long") from None
        except (OSError, asyncio.IncompleteReadError):
            self.killed += 1
            raise await self._death(process) from None
        else:
            if images + 1 < self._images_per_process:
                self._idle.append((process, images + 1))
            return reply
        finally:
            if not any(process is one for one, _ in self._idle):
                await self._kill(process)

    async def _take(self) -> tuple[Process, int]:
        """A process that waits for an image."""
        while self._idle:
            process, images = self._idle.pop()
            if process.returncode is None:
                return process, images
            self._running.discard(process)
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            env={name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
            start_new_session=True,  # Ctrl-C ends the process that started this one, which ends it
        )
        self._running.add(process)
        return process, 0

    async def _death(self, process: Process) -> Exception:
        """What the end of a process means for its image."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await process.wait()
        code = process.returncode
        log.warning("image_process_died", code=code)
        if code == -signal.SIGXCPU:
            return too_complex()
        if code in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL):
            return damaged()
        return RetryLater(RETRY_SECONDS, "the process that makes copies of images ended")

    async def _kill(self, process: Process) -> None:
        self._running.discard(process)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def _end_idle(self) -> None:
        """End the processes that nobody has needed for a while: they give their memory back."""
        await asyncio.sleep(self._idle_seconds)
        while self._idle:
            process, _ = self._idle.pop()
            await self._kill(process)


async def _exchange(process: Process, request: bytes) -> Reply:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(request)
    await process.stdin.drain()
    length = decode_length(await process.stdout.readexactly(LENGTH_BYTES))
    if length > MAX_REPLY_BYTES:
        raise OSError("The reply is too long")
    reply: Reply = msgspec.msgpack.decode(await process.stdout.readexactly(length), type=Copies | Refusal)
    return reply
