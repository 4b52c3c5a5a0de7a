"""The pool of processes that make copies of images."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from PIL import Image

from support.images import photos
from supportcarr.kit.images.errors import UnusableImage
from supportcarr.kit.images.pool import ImagePool
from supportcarr.kit.images.worker import NICENESS
from supportcarr.kit.runtime.retry import RetryLater

JPEG = "image/jpeg"


@asynccontextmanager
async def pool_of(processes: int = 1, **options: Any) -> AsyncIterator[ImagePool]:
    pool = ImagePool(processes, **options)
    try:
        yield pool
    finally:
        await pool.close()
        assert pool.processes() == []


def program(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


async def test_images_are_copied_in_a_bounded_number_of_processes() -> None:
    async with pool_of(2) as pool:
        copies = await asyncio.gather(*(pool.derive(photos.jpeg(), JPEG) for _ in range(5)))
        assert {one.width for one in copies} == {80}
        assert Image.open(io.BytesIO(copies[0].thumbnail)).size == (80, 48)
        assert 1 <= len(pool.processes()) <= 2


async def test_a_refused_image_leaves_the_process_running() -> None:
    async with pool_of() as pool:
        with pytest.raises(UnusableImage, match="image_too_large"):
            await pool.derive(photos.png_that_declares(60_000, 60_000), "image/png")
        before = pool.processes()
        await pool.derive(photos.jpeg(), JPEG)
        assert pool.processes() == before


async def test_a_process_is_replaced_after_a_number_of_images() -> None:
    async with pool_of(images_per_process=1) as pool:
        await pool.derive(photos.jpeg(), JPEG)
        assert pool.processes() == []
        await pool.derive(photos.jpeg(), JPEG)


async def test_idle_processes_end() -> None:
    async with pool_of(idle_seconds=0.01) as pool:
        await pool.derive(photos.jpeg(), JPEG)
        async with asyncio.timeout(45):
            while pool.processes():
                await asyncio.sleep(0.01)
        await pool.derive(photos.jpeg(), JPEG)


async def test_a_process_that_misses_its_deadline_is_killed() -> None:
    async with pool_of(command=program("import time; time.sleep(600)"), deadline_seconds=0.2) as pool:
        with pytest.raises(RetryLater):
            await pool.derive(photos.jpeg(), JPEG)
        assert pool.processes() == []
        assert pool.killed == 1


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGXCPU, "image_too_complex"), (signal.SIGSEGV, "image_damaged")]
)
async def test_an_image_that_ends_its_process_is_refused(number: signal.Signals, code: str) -> None:
    text = f"import os, sys; sys.stdin.buffer.read(4); os.kill(os.getpid(), {int(number)})"
    async with pool_of(command=program(text)) as pool:
        with pytest.raises(UnusableImage, match=code):
            await pool.derive(photos.jpeg(), JPEG)
        assert pool.processes() == []


async def test_a_process_killed_from_outside_is_an_error_and_not_a_refusal() -> None:
    async with pool_of() as pool:
        await pool.derive(photos.jpeg(), JPEG)
        (pid,) = pool.processes()
        os.kill(pid, signal.SIGSTOP)  # so that it cannot reply first
        asked = asyncio.create_task(pool.derive(photos.jpeg(), JPEG))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(RetryLater):
            await asked
        await pool.derive(photos.jpeg(), JPEG)


async def test_a_cancelled_image_leaves_no_process() -> None:
    async with pool_of(command=program("import time; time.sleep(600)")) as pool:
        asked = asyncio.create_task(pool.derive(photos.jpeg(), JPEG))
        async with asyncio.timeout(45):
            while not pool.processes():
                await asyncio.sleep(0.01)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert pool.processes() == []


async def test_processes_have_limits_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPORTCARR_STRIPE_SECRET_KEY", "a secret")
    async with pool_of() as pool:
        await pool.derive(photos.jpeg(), JPEG)
        (pid,) = pool.processes()
        with open(f"/proc/{pid}/environ") as file:  # noqa: PTH123
            assert "SUPPORTCARR" not in file.read()
        with open(f"/proc/{pid}/limits") as file:  # noqa: PTH123
            limits = {line[:20].strip(): line[20:].split()[0] for line in file}
        assert int(limits["Max address space"]) == 1024**3
        assert limits["Max file size"] == "0"
        assert limits["Max cpu time"] != "unlimited"
        assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
