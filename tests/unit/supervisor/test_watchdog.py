"""Heartbeats of a process to its supervisor, and how the supervisor measures silence."""

from __future__ import annotations

import asyncio
import faulthandler
import os

import pytest

from supportcarr.supervisor import watchdog
from supportcarr.supervisor.watchdog import EVERY_S, Silence, Watchdog


@pytest.fixture(autouse=True)
def own_faulthandler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the fault handler of pytest."""
    monkeypatch.setattr(faulthandler, "enable", lambda: None)


def inherit(pipe: Watchdog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment as if this process were the child."""
    for name, descriptor in pipe.descriptors.items():
        monkeypatch.setenv(name, str(descriptor))


def test_a_process_that_sent_no_heartbeat_yet_is_not_silent() -> None:
    silence = Silence()
    for _ in range(100):
        silence.check(heard=False)
    assert silence.seconds == 0


def test_silence_grows_with_each_check_and_ends_with_a_heartbeat() -> None:
    silence, seconds = Silence(), []
    for heard in (True, False, False, True, False):
        silence.check(heard=heard)
        seconds.append(silence.seconds / EVERY_S)
    assert seconds == [0, 1, 2, 0, 1]


async def test_checks_are_counted_however_long_the_machine_slept_between_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, checks = 0.0, 0

    async def sleep(seconds: float) -> None:
        nonlocal clock, checks
        checks += 1
        clock += 3600 if checks == 2 else seconds
        if checks == 1:
            (descriptor,) = pipe.descriptors.values()
            os.write(descriptor, b".")
        assert checks < 100

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: clock)
    monkeypatch.setattr("time.monotonic", lambda: clock)
    with Watchdog() as pipe:
        await pipe.until_silent(5 * EVERY_S)
    assert checks == 1 + 5


async def test_a_process_sends_heartbeats_and_its_children_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "EVERY_S", 0.001)

    async def main() -> str:
        for _ in range(3):
            while not pipe.heard():
                await asyncio.sleep(0)
        assert not pipe.descriptors.keys() & os.environ.keys()
        return "done"

    with Watchdog() as pipe:
        inherit(pipe, monkeypatch)
        assert await watchdog.with_heartbeat(main()) == "done"


async def test_a_process_without_a_watchdog_sends_no_heartbeats() -> None:
    async def main() -> int:
        return len(asyncio.all_tasks())

    assert await watchdog.with_heartbeat(main()) == 1


async def test_a_closed_heartbeat_pipe_is_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    """First the pipe is full, then its other end is closed."""
    monkeypatch.setattr(watchdog, "EVERY_S", 0.0)
    read_end, write_end = os.pipe()
    monkeypatch.setenv("WATCHDOG_FD", str(write_end))

    async def main() -> None:
        os.set_blocking(write_end, False)
        with pytest.raises(BlockingIOError):
            while True:
                os.write(write_end, b"." * 4096)
        for _ in range(10):
            await asyncio.sleep(0)
        os.close(read_end)
        (heartbeats,) = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(heartbeats, 30)

    try:
        await watchdog.with_heartbeat(main())
    finally:
        os.close(write_end)
