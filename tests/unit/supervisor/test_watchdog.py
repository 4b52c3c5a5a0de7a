"""What a process tells who started it, and how long a silence is: counted, from its first word on."""

from __future__ import annotations

import asyncio
import faulthandler
import os

import pytest

from supportcarr.supervisor import watchdog
from supportcarr.supervisor.watchdog import EVERY_S, Silence, Watchdog


@pytest.fixture(autouse=True)
def own_faulthandler(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own one stays where it is."""
    monkeypatch.setattr(faulthandler, "enable", lambda: None)


def watched_by(dog: Watchdog, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this process had been started within."""
    for name, value in dog.environment.items():
        monkeypatch.setenv(name, value)


def test_who_never_began_is_not_silent() -> None:
    silence = Silence()
    for _ in range(100):
        silence.check(heard=False)
    assert silence.seconds == 0


def test_silence_grows_with_each_look_and_ends_with_a_word() -> None:
    silence, seen = Silence(), []
    for heard in (True, False, False, True, False):
        silence.check(heard=heard)
        seen.append(silence.seconds / EVERY_S)
    assert seen == [0, 1, 2, 0, 1]


async def test_the_looks_are_counted_however_long_the_machine_slept_between_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, looks = 0.0, 0

    async def sleep(seconds: float) -> None:
        nonlocal clock, looks
        looks += 1
        clock += 3600 if looks == 2 else seconds
        if looks == 1:
            os.write(dog.descriptor, b".")
        assert looks < 100

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: clock)
    monkeypatch.setattr("time.monotonic", lambda: clock)
    with Watchdog() as dog:
        await dog.until_silent(5 * EVERY_S)
    assert looks == 1 + 5


async def test_a_process_tells_again_and_again_and_tells_no_child_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "EVERY_S", 0.001)

    async def main() -> str:
        for _ in range(3):
            while not dog.heard():
                await asyncio.sleep(0)
        assert not dog.environment.items() & os.environ.items()
        return "done"

    with Watchdog() as dog:
        watched_by(dog, monkeypatch)
        assert await watchdog.with_heartbeat(main()) == "done"


async def test_who_is_not_watched_just_runs() -> None:
    async def main() -> int:
        return len(asyncio.all_tasks())

    assert await watchdog.with_heartbeat(main()) == 1


async def test_nobody_who_listens_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that is full, and then one whose other end is gone."""
    monkeypatch.setattr(watchdog, "EVERY_S", 0.0)
    ours, theirs = os.pipe()
    monkeypatch.setenv("WATCHDOG_FD", str(theirs))

    async def main() -> None:
        os.set_blocking(theirs, False)
        with pytest.raises(BlockingIOError):
            while True:
                os.write(theirs, b"." * 4096)
        for _ in range(10):
            await asyncio.sleep(0)
        os.close(ours)
        (telling,) = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(telling, 30)

    try:
        await watchdog.with_heartbeat(main())
    finally:
        os.close(theirs)
