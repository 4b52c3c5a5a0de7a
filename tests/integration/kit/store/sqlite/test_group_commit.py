"""Group commit of the SQLite engine: one commit for all waiting writes, durable before callers continue."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import threading
from contextvars import ContextVar
from pathlib import Path

import pytest

from support.store.fixtures import PARCELS, Parcel, open_store
from supportcarr.kit.observability.timings import set_exemplars
from supportcarr.kit.store.port import StoreUnavailable
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.kit.store.sqlite.flusher import LogFlusher
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
        assert await asyncio.to_thread(self.committing.wait, 90)  # the commit of the write above
        self.committing.clear()
        self.words.clear()

    def _begins(self, statement: str) -> None:
        word = statement.partition(" ")[0]
        self.words.append(word)
        if word == "COMMIT":
            self.committing.set()
            self.may_commit.wait(90)

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


async def test_a_write_is_linked_to_its_own_trace_whoever_else_is_in_its_commit(tmp_path: Path) -> None:
    store, trace = await open_store(tmp_path / "s"), ContextVar[str | None]("trace", default=None)
    parcels = store.collection(PARCELS)

    async def insert(id: str) -> None:
        if id == "traced":
            trace.set("its trace")
        await parcels.insert(Parcel(id=id))

    async def save(id: str) -> None:
        if id == "traced":
            trace.set("its trace")
        parcel = await parcels.get(id)
        assert parcel is not None
        await parcels.save(parcel)

    set_exemplars(trace.get)
    try:
        await asyncio.gather(insert("second"), insert("traced"))
        await asyncio.gather(save("traced"), save("second"))
    finally:
        set_exemplars(None)
        await store.close()
    timings = store.timings
    linked = [exemplar[0] for exemplar in timings.of("insert").exemplars.values()]
    assert linked == ["its trace"]
    assert sum(timings.of("save").counts) == 2
    # the same bucket or another: the second write of that commit is in no trace
    assert [exemplar[0] for exemplar in timings.of("save").exemplars.values()] == ["its trace"]


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


async def test_callers_are_notified_only_after_the_commit(tmp_path: Path) -> None:
    """Of the thread; the loop commits in one go, and the tests of the flush below are of both."""
    store, statements = await open_store(tmp_path / "s"), Statements()
    await statements.watch(store)
    statements.may_commit.clear()

    def select(connection: sqlite3.Connection) -> str:
        return str(connection.execute("SELECT 'done'").fetchone()[0])

    notified: list[int] = []
    write = asyncio.ensure_future(store.write(select, notified.append, long_running=True))
    assert await asyncio.to_thread(statements.committing.wait, 90)
    for _ in range(3):  # an early notification would have arrived by now
        await asyncio.sleep(0)
    notified_early = bool(notified) or write.done()
    statements.may_commit.set()
    assert not notified_early
    assert await write == "done"
    assert len(notified) == 1
    await store.close()


class Disk:
    """Stands in for the flush of the log of a store: it can be held, or fail."""

    def __init__(self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.flushing, self.may_end = threading.Event(), threading.Event()
        self.error: OSError | None = None
        assert store._writer is not None
        flusher = store._writer._flusher
        monkeypatch.setattr(flusher, "_flush", lambda: asyncio.to_thread(self._flush))
        monkeypatch.setattr(flusher, "flush_now", self._flush)

    def _flush(self) -> None:
        self.flushing.set()
        assert self.may_end.wait(90)
        if self.error:
            raise self.error


@pytest.mark.parametrize("long_running", [False, True], ids=["in the loop", "in the thread"])
async def test_a_write_is_acknowledged_after_the_log_is_flushed(
    tmp_path: Path, long_running: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store(tmp_path / "s")
    disk = Disk(store, monkeypatch)
    notified: list[int] = []
    write = asyncio.ensure_future(store.write(lambda _: "done", notified.append, long_running=long_running))
    assert await asyncio.to_thread(disk.flushing.wait, 90)
    for _ in range(3):
        await asyncio.sleep(0)
    early = bool(notified) or write.done()
    disk.may_end.set()
    assert not early
    assert (await write, len(notified)) == ("done", 1)
    await store.close()


@pytest.mark.parametrize("long_running", [False, True], ids=["in the loop", "in the thread"])
async def test_a_write_whose_flush_fails_is_not_acknowledged(
    tmp_path: Path, long_running: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store(tmp_path / "s")
    disk = Disk(store, monkeypatch)
    disk.may_end.set()
    disk.error = OSError(errno.EIO, "Input/output error")
    notified: list[int] = []
    with pytest.raises(StoreUnavailable, match="could not be flushed: Input/output error"):
        await store.write(lambda _: "done", notified.append, long_running=long_running)
    assert notified == []
    disk.error = None
    assert await store.write(lambda _: "done", long_running=long_running) == "done"
    await store.close()


async def test_writes_that_arrive_during_a_flush_share_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store(tmp_path / "s")
    assert store._writer is not None
    disk, before = Disk(store, monkeypatch), store._writer._flusher.flushes
    first = asyncio.ensure_future(store.write(lambda _: 0))
    assert await asyncio.to_thread(disk.flushing.wait, 90)
    commits = store.stats()["commits"]
    later = [asyncio.ensure_future(store.write(lambda _: 1)) for _ in range(3)]
    while store.stats()["commits"] == commits:
        await asyncio.sleep(0)
    later.append(asyncio.ensure_future(store.write(lambda _: 2)))
    while store.stats()["commits"] == commits + 1:
        await asyncio.sleep(0)
    assert not any(write.done() for write in later)
    disk.may_end.set()
    assert await asyncio.gather(first, *later) == [0, 1, 1, 1, 2]
    assert store._writer._flusher.flushes == before + 2
    await store.close()


async def test_a_write_that_need_not_be_durable_does_not_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store(tmp_path / "s")
    Disk(store, monkeypatch)  # no flush ends
    async with asyncio.timeout(90):
        assert await store.write(lambda _: "done", durable=False) == "done"
    await store.close()


@pytest.mark.parametrize("native", [True, False], ids=["native AIO", "threads in C"])
async def test_the_log_is_flushed_outside_the_interpreter(
    tmp_path: Path, native: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not native:
        monkeypatch.setattr("caio.linux_aio_asyncio", None)
    (tmp_path / "log").write_bytes(b"x" * 100_000)
    flusher = LogFlusher(tmp_path / "log")
    ended: list[OSError | None] = []
    async with asyncio.timeout(90):
        while len(ended) < 20:
            flusher.flush(ended.append)
            await asyncio.sleep(0)
        await flusher.close()
    assert set(ended) == {None}


async def test_a_kernel_without_this_flush_is_replaced_by_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        """Native AIO of a kernel before 4.18, and of some sandboxes: it has no flush."""

        class AsyncioContext:
            def __init__(self, **_: int) -> None:
                self.loop = asyncio.get_running_loop()

            async def fdsync(self, _: int) -> None:
                raise ValueError("Invalid argument [EINVAL]")

            def close(self) -> None:
                pass

    monkeypatch.setattr("caio.linux_aio_asyncio", Refusing)
    store = await open_store(tmp_path / "s")
    assert [await store.write(lambda _: "done") for _ in range(2)] == ["done", "done"]
    await store.close()


@pytest.mark.parametrize("cause", ["no thread", "no log"])
async def test_a_checkpoint_that_cannot_start_repeats_no_commit(
    tmp_path: Path, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store(tmp_path / "s")
    assert store._writer is not None

    def fail(_: object) -> None:
        raise RuntimeError("can't start new thread")

    if cause == "no thread":  # a container's bound on processes
        monkeypatch.setattr("supportcarr.kit.store.sqlite.checkpoints.CHECKPOINT_PAGES", 0)
        monkeypatch.setattr(threading.Thread, "start", fail)
    else:
        monkeypatch.setattr(store._writer._checkpoints, "_log_path", str(tmp_path / "missing"))
    parcels = store.collection(PARCELS)
    await parcels.insert(Parcel(id="once"))  # repeated, it would be a duplicate
    monkeypatch.undo()
    assert await parcels.count() == 1
    await store.close()


async def test_outcomes_reach_callers_in_another_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group that the writing loop takes may hold operations of a loop in another thread."""
    store = await open_store(tmp_path / "s")
    writer = store._writer
    assert writer is not None
    await store.ping()  # this loop is the one that writes
    settled_in: list[int] = []
    ended = threading.Event()

    async def elsewhere() -> None:
        monkeypatch.setattr(writer, "_schedule", lambda _: None)  # this loop's next group takes it
        write = store.write(lambda _: None, lambda _: settled_in.append(threading.get_ident()))
        waiting = asyncio.ensure_future(write)
        await asyncio.sleep(0)
        monkeypatch.undo()
        queued.set()
        await waiting

    queued = threading.Event()

    def run() -> None:
        asyncio.run(elsewhere())
        ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert await asyncio.to_thread(queued.wait, 90)
    await store.ping()
    assert await asyncio.to_thread(ended.wait, 90)
    assert settled_in == [thread.ident]
    await store.close()
