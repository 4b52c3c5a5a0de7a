"""Behaviour specific to the SQLite engine: locks, full disks, logs, query plans, closed loops."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from support.processes import store_child
from support.processes.store_child import ROOT
from support.store.file_lock import is_free
from support.store.fixtures import NOON, PARCELS, Parcel, open_store, pending
from supportcarr.kit.store.port import (
    Collection,
    CollectionSpec,
    DuplicateKey,
    Index,
    StoreError,
    StoreUnavailable,
)
from supportcarr.kit.store.sqlite.checkpoints import LONGEST_PAGES
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.kit.store.sqlite.lock import QUEUE_SUFFIX, FairFileLock
from supportcarr.kit.store.sqlite.writer import BACKLOG

FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from support.store.fixtures import PARCELS, Parcel, pending
from supportcarr.kit.store.port import StoreUnavailable
from supportcarr.kit.store.sqlite.engine import SqliteStore

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    await store.open()
    parcels = store.collection(PARCELS)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    stored, refused = [], 0
    for n in range(200):
        outcomes = await asyncio.gather(
            *(parcels.insert(Parcel(id=f"p{n}-{m}", note="x" * 5000), pending("in")) for m in range(5)),
            return_exceptions=True,
        )
        stored += [outcome.id for outcome in outcomes if isinstance(outcome, Parcel)]
        refused += sum(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
        if refused > 20:
            break
    assert 20 < refused and 50 < len(stored), (refused, len(stored))
    assert await parcels.count() == len(stored)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await parcels.insert(Parcel(id="afterwards"), pending("in"))
    assert {p.id async for p in parcels.scan()} == {*stored, "afterwards"}
    assert len(await store.outbox(older_than_s=0, limit=1000)) == len(stored) + 1
    await store.close()

asyncio.run(main())
"""

HOLD_THE_LOCK = """
import sys, time
from pathlib import Path
from supportcarr.kit.store.sqlite.lock import FairFileLock
FairFileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(600)
"""


@contextmanager
def child(code: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that runs *code*; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


async def test_a_write_lock_of_another_program_makes_the_store_unavailable_and_is_logged_once(
    path: Path,
) -> None:
    store = await open_store(path, timeout_s=0.1)
    store.outage.quiet_s = 0.0
    parcels = store.collection(PARCELS)
    kept = await parcels.insert(Parcel(id="p"))
    foreign = sqlite3.connect(path, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    with capture_logs() as logs:
        for _ in range(2):
            outcomes = await asyncio.gather(
                parcels.insert(Parcel(id="q")), parcels.save(kept), store.ping(), return_exceptions=True
            )
            assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
        assert "SQLITE_BUSY" in str(outcomes[0])
        assert await parcels.get("p") == kept  # reads still work
        foreign.execute("COMMIT")
        foreign.close()
        await store.ping()
        assert (await parcels.save(kept)).version == 2
    assert [line["event"] for line in logs] == ["store_failed", "store_recovered"]
    await store.close()


async def test_a_process_hanging_with_the_lock_makes_the_store_unavailable(path: Path) -> None:
    store = await open_store(path, timeout_s=0.2)
    parcels = store.collection(PARCELS)
    with child(HOLD_THE_LOCK, str(path)) as holder:
        assert holder.stdout is not None
        assert await asyncio.to_thread(holder.stdout.readline) == b"held\n"
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(parcels.insert(Parcel(id="given up")), 30)
        late = SqliteStore(path, timeout_s=0.1)
        with pytest.raises(StoreUnavailable):
            await late.open()
    stored = await _inserted_when_free(parcels)
    assert [p async for p in parcels.scan()] == [stored]  # failed writes did not take effect later
    await store.close()


async def _inserted_when_free(parcels: Collection[Parcel]) -> Parcel:
    """The store may still wait for the lock that its dead holder had, and give up soon."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await parcels.insert(Parcel(id="p"))
            except StoreUnavailable:
                await asyncio.sleep(0.01)


async def test_a_full_disk_fails_writes_until_there_is_space(path: Path) -> None:
    with child(FULL_DISK, str(path)) as process:
        assert await asyncio.to_thread(process.wait) == 0


async def test_an_unwritable_path_makes_the_store_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreUnavailable):
        await SqliteStore(tmp_path / "file" / "store.sqlite3").open()


async def test_a_file_that_is_not_a_database_makes_the_store_unavailable(path: Path) -> None:
    path.write_bytes(b"something else entirely " * 100)
    store = SqliteStore(path)
    with pytest.raises(StoreUnavailable):
        await store.open()
    await store.close()


async def test_a_read_only_file_is_unavailable_for_writing(path: Path) -> None:
    store = await open_store(path)
    parcels = store.collection(PARCELS)
    kept = await parcels.insert(Parcel(id="p"))
    await store.write(lambda connection: connection.execute("PRAGMA query_only = ON"))
    with pytest.raises(StoreUnavailable):
        await parcels.save(kept)
    assert await parcels.get("p") == kept
    await store.close()


async def test_writes_above_the_backlog_limit_fail_at_once(path: Path) -> None:
    store = await open_store(path, timeout_s=60)
    parcels = store.collection(PARCELS)
    lock = FairFileLock(path)
    lock.acquire()
    waiting = [asyncio.create_task(parcels.insert(Parcel(id=f"p{n}"))) for n in range(BACKLOG)]
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="waiting"):
        await parcels.insert(Parcel(id="one too many"))
    lock.release()
    lock.close()
    await asyncio.gather(*waiting)
    assert await parcels.count() == BACKLOG
    await store.close()


async def test_an_unexpected_error_fails_only_its_own_operation(path: Path) -> None:
    store = await open_store(path)
    parcels = store.collection(PARCELS)

    def spoil(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM parcels")
        raise ZeroDivisionError

    outcomes = await asyncio.gather(
        parcels.insert(Parcel(id="p"), pending("p")),
        store.write(spoil),
        parcels.insert(Parcel(id="q"), pending("q")),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [Parcel, ZeroDivisionError, Parcel]
    assert [p.id async for p in parcels.scan()] == ["p", "q"]
    assert len(await parcels.pending_events("p")) == 1
    await store.close()


def test_a_closed_loop_with_pending_writes_blocks_nobody(path: Path) -> None:
    store = SqliteStore(path)

    async def leave() -> None:
        await store.open()
        parcels = store.collection(PARCELS)
        for n in range(100):
            asyncio.create_task(parcels.insert(Parcel(id=f"p{n}"), pending("in")))  # noqa: RUF006 - left
        await asyncio.sleep(0)

    async def go_on() -> None:
        parcels = store.collection(PARCELS)
        await parcels.insert(Parcel(id="later"))
        assert await parcels.count() == 101
        await store.close()

    asyncio.run(leave())
    asyncio.run(asyncio.wait_for(go_on(), 90))


async def test_closing_commits_waiting_writes(path: Path) -> None:
    store = await open_store(path)
    parcels = store.collection(PARCELS)
    writes = [asyncio.create_task(parcels.insert(Parcel(id=f"p{n}"))) for n in range(1000)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*writes)
    again = await open_store(path)
    assert await again.collection(PARCELS).count() == 1000
    await again.close()


async def test_four_writing_processes_share_the_lock_fairly(path: Path) -> None:
    """Each always has writes waiting, so it would take the lock again at once.

    In half of some periods at least: in the others a busy machine may not have run one of them.
    """
    await (await open_store(path)).close()
    writers = [store_child.start(f"sqlite:///{path}", "save_until", f"p{n}", "100") for n in range(4)]
    for writer in writers:
        assert writer.stdout is not None
        assert await asyncio.to_thread(writer.stdout.readline) == b"ready\n"
    begin = time.monotonic() + 0.5  # the same for all: alone one would write more
    marks = " ".join(f"{begin + n / 2:f}" for n in range(9))
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(f"{marks}\n".encode())
        writer.stdin.flush()
    saved = [(await asyncio.to_thread(writer.communicate))[0].split() for writer in writers]
    periods = [sorted(map(int, counts)) for counts in zip(*saved, strict=True)]
    fair = [counts for counts in periods if counts[0] * 2 >= counts[-1] > 0]
    assert len(fair) * 2 >= len(periods), periods


async def test_the_write_ahead_log_stays_bounded_under_load(path: Path) -> None:
    store = await open_store(path)
    parcels = store.collection(PARCELS)
    log = Path(f"{path}-wal")
    longest = 0
    for n in range(80):
        await parcels.insert_many([Parcel(id=f"p{n}-{m}", note="x" * 10_000) for m in range(100)])
        longest = max(longest, log.stat().st_size)
    assert path.stat().st_size > 80_000_000 - longest
    assert longest < 4096 * LONGEST_PAGES + 4_000_000  # plus one of these commits
    await store.close()


async def test_statements_run_in_the_loop_unless_they_would_block(
    path: Path,
) -> None:
    store = await open_store(path)

    def where(connection: sqlite3.Connection) -> bool:
        connection.execute("SELECT 1")
        return threading.current_thread() is threading.main_thread()

    assert all(await asyncio.gather(store.write(where), store.write(where)))
    assert not any(await asyncio.gather(store.write(where), store.write(where, long_running=True)))
    lock = FairFileLock(path)
    lock.acquire()
    waiting = asyncio.create_task(store.write(where))
    with Path(f"{path}{QUEUE_SUFFIX}").open() as queue:
        async with asyncio.timeout(60):
            while is_free(queue):  # until the thread of the store waits in it
                await asyncio.sleep(0.001)
    assert not waiting.done()
    lock.release()
    lock.close()
    assert await waiting is False
    assert await store.write(where) is True
    await store.close()


async def test_operations_submitted_during_a_commit_form_the_next_group(path: Path) -> None:
    store = await open_store(path)
    parcels = store.collection(PARCELS)

    async def one_after_the_other(name: str) -> None:
        parcel = await parcels.insert(Parcel(id=name))
        for n in range(40):
            await asyncio.sleep(n % 3 / 1000)
            parcel = await parcels.save(msgspec.structs.replace(parcel, note=str(n)))

    async with asyncio.timeout(60):
        await asyncio.gather(*(one_after_the_other(f"p{n}") for n in range(10)))
    assert {(p.version, p.note) async for p in parcels.scan()} == {(41, "39")}
    await store.close()


async def test_a_loop_in_another_thread_can_write(path: Path) -> None:
    store = await open_store(path)
    parcels = store.collection(PARCELS)

    async def write(name: str) -> None:
        for n in range(30):
            await parcels.insert(Parcel(id=f"{name}{n}"), pending("in"))

    async with asyncio.timeout(60):
        await asyncio.gather(write("here"), asyncio.to_thread(asyncio.run, write("there")))
    assert await parcels.count() == 60
    await store.close()


async def test_the_write_ahead_log_is_truncated_after_a_long_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.store.sqlite.checkpoints.LOG_BYTES", 500_000)
    monkeypatch.setattr("supportcarr.kit.store.sqlite.checkpoints.CHECKPOINT_PAGES", 100)
    store = await open_store(path)
    parcels = store.collection(PARCELS)
    parcel = await parcels.insert(Parcel(id="p", note="x" * 20_000))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM parcels").fetchall()
    for n in range(200):
        parcel = await parcels.save(msgspec.structs.replace(parcel, note=chr(n + 192) * 10_000))
    log = Path(f"{path}-wal")
    assert log.stat().st_size > 2_000_000
    reader.execute("COMMIT")
    reader.close()
    parcel = msgspec.structs.replace(parcel, note="short")
    async with asyncio.timeout(90):
        while (
            store.stats()["truncations"] == 0
        ):  # counted by the checkpoint's thread, after the file is short
            parcel = await parcels.save(parcel)
    assert log.stat().st_size < 2_000_000
    await store.close()


async def test_a_backup_of_a_store_in_use_is_a_consistent_snapshot(path: Path, tmp_path: Path) -> None:
    store = await open_store(path)
    parcels = store.collection(PARCELS)
    await parcels.insert_many([Parcel(id=f"p{n:05}", note="x" * 500) for n in range(3000)])
    going, begun = True, asyncio.Event()

    async def write() -> int:
        number = 0
        while going:
            await parcels.insert(Parcel(id=f"q{number}", shelf=f"s{number}"), pending("in"))
            number += 1
            begun.set()
        return number

    writing = asyncio.create_task(write())
    await begun.wait()
    await store.backup(tmp_path / "backup.sqlite3")
    going = False
    written = await writing
    copy = await open_store(tmp_path / "backup.sqlite3")
    kept = [p async for p in copy.collection(PARCELS).scan()]
    ours = {p.id for p in kept if p.id.startswith("q")}
    assert len(kept) - len(ours) == 3000
    assert ours == {f"q{n}" for n in range(len(ours))}
    assert 0 < len(ours) <= written
    assert {name for _, name in await copy.outbox(older_than_s=0, limit=10_000)} == ours
    assert await copy.check(apply=False) == []
    with pytest.raises(DuplicateKey):
        await copy.collection(PARCELS).insert(Parcel(id="new", shelf="s0"))
    with pytest.raises(FileExistsError):
        await store.backup(tmp_path / "backup.sqlite3")
    await copy.close()
    await store.close()


@pytest.mark.parametrize(
    ("where", "sort"),
    [
        ({"owner": "ann"}, "due_at"),
        ({"owner": "ann"}, "-due_at"),
        ({"shelf": "A"}, "id"),
        ({}, "-due_at"),
        ({}, "id"),
    ],
)
async def test_declared_indexes_serve_the_pages_of_their_queries(
    path: Path, where: dict[str, str], sort: str
) -> None:
    """Every page, first or following, is read from an index without sorting."""
    store = await open_store(path)
    parcels = store.collection(PARCELS)
    await parcels.insert_many(
        [
            Parcel(id=f"p{n}", owner="ann", due_at=NOON if n % 3 else None, shelf="A" if not n else None)
            for n in range(9)
        ]
    )
    plans: list[str] = []
    connection = sqlite3.connect(path)
    read = store.read

    async def explaining(sql: str, values: list[object], **options: Any) -> list[object]:
        plans.extend(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values))
        return await read(sql, values, **options)

    store.read = explaining  # type: ignore[method-assign, assignment]  # records the plans
    cursor: str | None = None
    while True:
        page = await parcels.find(where, sort=sort, limit=2, cursor=cursor)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert plans
    assert [plan for plan in plans if "USING" not in plan or "TEMP B-TREE" in plan] == []
    connection.close()
    await store.close()


async def test_a_stored_document_that_does_not_fit_its_type_is_reported(path: Path) -> None:
    store = await open_store(path)
    await store.collection(PARCELS).insert(Parcel(id="p"))

    def spoil(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE parcels SET _body = ?", (b'{"id": 7}',))

    await store.write(spoil, ids=["p"])
    with pytest.raises(StoreError, match="parcels"):
        await store.collection(PARCELS).get("p")
    await store.close()


async def test_invalid_names_of_collections_are_rejected(path: Path) -> None:
    store = SqliteStore(path)
    for name in ("_outbox", 'a"b', "Parcels", ""):
        with pytest.raises(ValueError, match="cannot name"):
            store.collection(CollectionSpec(name, Parcel))
    with pytest.raises(ValueError, match="cannot name"):
        store.collection(CollectionSpec("parcels", Parcel, (Index('x"; DROP'),)))


async def test_a_second_store_in_one_process_keeps_the_locks_of_the_first(path: Path) -> None:
    """Closing any descriptor of a file drops all of a process's POSIX locks on it (fcntl(2)).

    Without them another process believes that it is the last, and deletes the log that is still written.
    """
    store = await open_store(path)
    await store.ping()
    second = await open_store(path)
    await second.close()
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM _outbox'); c.close()"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=60)
    assert path.with_name(f"{path.name}-wal").exists()
    await store.collection(PARCELS).insert(Parcel(id="kept"))
    other = sqlite3.connect(path)
    assert other.execute("SELECT COUNT(*) FROM parcels WHERE _id = 'kept'").fetchone() == (1,)
    other.close()
    await store.close()
