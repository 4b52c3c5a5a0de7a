"""A commit of the embedded engine: one for all that wait, on the disk before anybody is told."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from support.store.fixtures import PARCELS, Parcel, opened
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.kit.store.sqlite.lock import FairFileLock


class Statements:
    """The words that begin the statements of a store's writing connection; ``COMMIT`` can be held up."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.committing, self.may_commit = threading.Event(), threading.Event()
        self.may_commit.set()

    async def watch(self, store: SqliteStore) -> None:
        """From now on."""
        await store.write(lambda connection: connection.set_trace_callback(self._begins))
        assert await asyncio.to_thread(self.committing.wait, 30)  # that one
        self.committing.clear()
        self.words.clear()

    def _begins(self, statement: str) -> None:
        word = statement.partition(" ")[0]
        self.words.append(word)
        if word == "COMMIT":
            self.committing.set()
            self.may_commit.wait(30)

    def count(self, word: str) -> int:
        return self.words.count(word)


async def insert_at_once(store: SqliteStore, count: int) -> None:
    parcels = store.collection(PARCELS)
    await asyncio.gather(*(parcels.insert(Parcel(id=f"p{n}")) for n in range(count)))


async def test_writes_of_one_turn_of_the_loop_share_a_commit(tmp_path: Path) -> None:
    store, statements = await opened(tmp_path / "s"), Statements()
    await statements.watch(store)
    await insert_at_once(store, 100)
    assert statements.count("INSERT") == 100
    assert (statements.count("BEGIN"), statements.count("COMMIT")) == (1, 1)
    await store.close()


async def test_waiting_writes_are_committed_as_a_group(tmp_path: Path) -> None:
    store, statements = await opened(tmp_path / "s"), Statements()
    await statements.watch(store)
    before = store.stats()
    lock = FairFileLock(tmp_path / "s")
    lock.acquire()
    writes = asyncio.create_task(insert_at_once(store, 400))
    while store.stats()["waiting"] < 400:
        await asyncio.sleep(0)
    lock.release()
    lock.close()
    await writes
    assert statements.count("INSERT") == 400
    commits = statements.count("COMMIT")
    assert commits <= 4  # one if the thread takes them; the loop takes 128 at a time
    after = store.stats()
    assert after["operations"] - before["operations"] == 400
    assert after["commits"] - before["commits"] == commits
    await store.close()


@pytest.mark.parametrize("long_running", [False, True], ids=["in the loop", "in the thread"])
async def test_nobody_is_told_before_the_commit(tmp_path: Path, long_running: bool) -> None:
    store, statements = await opened(tmp_path / "s"), Statements()
    await statements.watch(store)
    statements.may_commit.clear()

    def select(connection: sqlite3.Connection) -> str:
        return str(connection.execute("SELECT 'done'").fetchone()[0])

    telling: list[int] = []
    write = asyncio.ensure_future(store.write(select, telling.append, long_running=long_running))
    assert await asyncio.to_thread(statements.committing.wait, 30)
    for _ in range(3):  # who was told before now knows it by now
        await asyncio.sleep(0)
    told_early = bool(telling) or write.done()
    statements.may_commit.set()
    assert not told_early
    assert await write == "done"
    assert len(telling) == 1
    await store.close()


async def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    """``FULL``: the log is flushed before a commit returns; less may lose one with the machine."""
    store = await opened(tmp_path / "s")

    def of(connection: sqlite3.Connection) -> tuple[object, ...]:
        return tuple(
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        )

    assert await store.write(of) == ("wal", 2)
    await store.close()
