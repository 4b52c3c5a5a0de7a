"""Group commit of the SQLite engine: one commit for all waiting writes, durable before callers continue."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from support.store.fixtures import PARCELS, Parcel, open_store
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.kit.store.sqlite.lock import FairFileLock


class Statements:
    """Records the first word of each statement on a store's writing connection; ``COMMIT`` can be blocked."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.committing, self.may_commit = threading.Event(), threading.Event()
        self.may_commit.set()

    async def watch(self, store: SqliteStore) -> None:
        """Start recording."""
        await store.write(lambda connection: connection.set_trace_callback(self._begins))
        assert await asyncio.to_thread(self.committing.wait, 30)  # the commit of the write above
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


async def test_writes_of_one_loop_iteration_share_a_commit(tmp_path: Path) -> None:
    store, statements = await open_store(tmp_path / "s"), Statements()
    await statements.watch(store)
    await insert_at_once(store, 100)
    assert statements.count("INSERT") == 100
    assert (statements.count("BEGIN"), statements.count("COMMIT")) == (1, 1)
    await store.close()


async def test_waiting_writes_are_committed_as_a_group(tmp_path: Path) -> None:
    store, statements = await open_store(tmp_path / "s"), Statements()
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
async def test_callers_are_notified_only_after_the_commit(tmp_path: Path, long_running: bool) -> None:
    store, statements = await open_store(tmp_path / "s"), Statements()
    await statements.watch(store)
    statements.may_commit.clear()

    def select(connection: sqlite3.Connection) -> str:
        return str(connection.execute("SELECT 'done'").fetchone()[0])

    notified: list[int] = []
    write = asyncio.ensure_future(store.write(select, notified.append, long_running=long_running))
    assert await asyncio.to_thread(statements.committing.wait, 30)
    for _ in range(3):  # an early notification would have arrived by now
        await asyncio.sleep(0)
    notified_early = bool(notified) or write.done()
    statements.may_commit.set()
    assert not notified_early
    assert await write == "done"
    assert len(notified) == 1
    await store.close()


async def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    """``FULL`` flushes the log before a commit returns; lower levels may lose commits in a power failure."""
    store = await open_store(tmp_path / "s")

    def of(connection: sqlite3.Connection) -> tuple[object, ...]:
        return tuple(
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        )

    assert await store.write(of) == ("wal", 2)
    await store.close()
