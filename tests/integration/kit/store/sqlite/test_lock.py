"""The lock between processes has one holder, is released when its process ends, and is fair."""

from __future__ import annotations

import fcntl
import threading
import time
from pathlib import Path

from support.store.file_lock import is_free
from supportcarr.kit.store.sqlite.lock import FairFileLock


def test_the_lock_has_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = FairFileLock(tmp_path / "lock"), FairFileLock(tmp_path / "lock")
    first.acquire()
    assert not second.acquire_within(0.05)
    first.release()
    assert second.acquire_within(60)
    second.release()


def test_a_timed_out_waiter_does_not_get_the_lock_later(tmp_path: Path) -> None:
    first, second, third = (FairFileLock(tmp_path / "lock") for _ in range(3))
    first.acquire()
    assert not second.acquire_within(0.05)
    first.release()
    assert third.acquire_within(60)
    third.release()


def test_try_acquire_succeeds_only_without_a_holder_and_waiters(tmp_path: Path) -> None:
    first, second = FairFileLock(tmp_path / "lock"), FairFileLock(tmp_path / "lock")
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    with (tmp_path / "lock.gate").open("r+") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)  # a waiter holds the queue; the lock itself is free
        assert not second.try_acquire()
    assert second.try_acquire()
    second.release()
    assert first.acquire_within(60)
    first.release()


def test_processes_of_earlier_releases_are_excluded(tmp_path: Path) -> None:
    """They lock these files, in this order: during an upgrade old and new processes share a database."""
    ours = FairFileLock(tmp_path / "store.sqlite3")
    with (tmp_path / "store.sqlite3.gate").open() as gate, (tmp_path / "store.sqlite3.room").open() as room:
        for file in (gate, room):
            fcntl.flock(file, fcntl.LOCK_EX)
            assert not ours.try_acquire()
            fcntl.flock(file, fcntl.LOCK_UN)
        assert ours.try_acquire()
        assert not is_free(room)
        ours.release()
    ours.close()


def test_closing_releases_the_lock(tmp_path: Path) -> None:
    first, second = FairFileLock(tmp_path / "lock"), FairFileLock(tmp_path / "lock")
    first.acquire()
    first.close()
    assert second.acquire_within(60)
    second.close()


def test_a_process_that_reacquires_queues_behind_waiters(tmp_path: Path) -> None:
    greedy, patient = FairFileLock(tmp_path / "lock"), FairFileLock(tmp_path / "lock")
    greedy.acquire()
    inside, over = threading.Event(), threading.Event()

    def wait() -> None:
        patient.acquire()
        inside.set()
        over.wait(90)
        patient.release()

    waiting = threading.Thread(target=wait)
    waiting.start()
    try:
        with (tmp_path / "lock.gate").open() as queue:
            deadline = time.monotonic() + 60
            while is_free(queue):
                assert time.monotonic() < deadline, "the waiter does not hold the queue"
                time.sleep(0.001)
        greedy.release()
        assert not greedy.acquire_within(0.1)
        assert inside.wait(60)
    finally:
        greedy.release()
        over.set()
        waiting.join()
