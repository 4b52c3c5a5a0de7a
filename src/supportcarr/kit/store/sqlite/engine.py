"""The SQLite engine: every collection in one file, for the processes of one machine.

Each process commits its writes in groups (``writer``), and processes take turns through a fair lock
(``lock``).  Reads see what is committed.  A read by id is answered from memory while nothing has
changed the document (``cache``).  A read of one row, or of a few by an index, runs in the caller's thread
(a dozen microseconds; handing it over costs more).  All others run in a small pool.
``docs/adr/0002-documents-one-port-two-engines.md`` says why.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.kit.observability.timings import LabelledTimings, Timings
from supportcarr.kit.runtime.private_files import create_private_file, restrict_database
from supportcarr.kit.store.copy_marker import MARKER_ID, MARKERS, CopyMarker, unfinished_copy
from supportcarr.kit.store.outage import Outage
from supportcarr.kit.store.port import (
    Collection,
    CollectionSpec,
    CommitListener,
    Finding,
    StoreError,
    StoreUnavailable,
)
from supportcarr.kit.store.sqlite.cache import ReadCache, VersionCounters
from supportcarr.kit.store.sqlite.checkpoints import CHECKPOINT_PAGES, LOG_BYTES
from supportcarr.kit.store.sqlite.collection import SqliteCollection
from supportcarr.kit.store.sqlite.errors import as_unavailable
from supportcarr.kit.store.sqlite.lock import FairFileLock
from supportcarr.kit.store.sqlite.table import OUTBOX, Table
from supportcarr.kit.store.sqlite.writer import Writer

D = TypeVar("D", bound=Document)
R = TypeVar("R")

READERS = 3  # threads for the longer reads

log = structlog.get_logger(__name__)


class SqliteStore:
    """Implements ``Store`` in the file at *path*; ``timeout_s`` bounds every wait for a lock.

    A store that is *read_only* must exist, and is not migrated; writes raise ``StoreUnavailable``.
    """

    def __init__(self, path: Path, *, timeout_s: float = 5.0, read_only: bool = False) -> None:
        self._read_only = read_only
        self.path = Path(path)
        self._timeout_s = timeout_s
        self._collections: dict[str, SqliteCollection[Any]] = {}
        self._listeners: list[CommitListener] = []
        self.outage = Outage()
        self._writer: Writer | None = None
        self._sync_reader: sqlite3.Connection | None = None
        self._counters: VersionCounters | None = None
        self.cache: ReadCache | None = None  # while it is open
        self._pool: ThreadPoolExecutor | None = None
        self._local = threading.local()
        self._pooled: list[sqlite3.Connection] = []
        self._plans: dict[str, bool] = {}
        self.timings = LabelledTimings()
        self._reading = 0  # reads that a thread of the pool has, or that wait for one

    # --- life ---------------------------------------------------------------------------------

    async def open(self, *, allow_unfinished_copy: bool = False) -> None:
        """Open or create the file, and migrate its tables to the declared specs.

        Raises ``StoreUnavailable``; ``UnfinishedCopy``; ``StoreError`` if stored documents do not fit their
        types.
        """
        if self._writer is not None:
            return
        await asyncio.to_thread(self._open_to_read if self._read_only else self._open, allow_unfinished_copy)

    def _open_to_read(self, allow_unfinished_copy: bool) -> None:
        try:
            self._sync_reader = self._connect(read_only=True)
            if not allow_unfinished_copy:
                self._refuse_unfinished_copy(self._sync_reader)
        except sqlite3.Error as error:
            raise as_unavailable(error) or error from error
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")

    def _open(self, allow_unfinished_copy: bool) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            restrict_database(self.path)
        except OSError as error:
            raise StoreUnavailable(f"{self.path} cannot be opened: {error.strerror}") from error
        with self._exclusive():
            connection = self._connect()
            try:
                if not allow_unfinished_copy:
                    self._refuse_unfinished_copy(connection)
                _in_transaction(connection, lambda: [connection.execute(sql) for sql in OUTBOX])
                for collection in self._collections.values():
                    self._migrate(collection.table, connection)
            finally:
                connection.close()
            self._sync_reader = self._connect(read_only=True)
            try:
                self._counters = VersionCounters(self.path)
                self._writer = Writer(
                    self.path, self._connect, self._counters, self.outage, timeout_s=self._timeout_s
                )
            except OSError as error:
                raise StoreUnavailable(f"{error.filename} cannot be opened: {error.strerror}") from error
            self.cache = ReadCache(self._counters)
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self.outage.begin()

    def _refuse_unfinished_copy(self, connection: sqlite3.Connection) -> None:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (MARKERS.name,)).fetchone():
            return
        read = f"SELECT _body FROM {MARKERS.name} WHERE _id = ?"  # noqa: S608 - names are declared, values are parameters
        row = connection.execute(read, (MARKER_ID,)).fetchone()
        if row is not None:
            marker = msgspec.json.decode(row[0], type=CopyMarker)
            path = self.path.resolve()
            drop = f"delete {path}, {path}-wal and {path}-shm"
            raise unfinished_copy(marker, f"sqlite:///{path}", drop)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Hold the lock between processes."""
        try:
            lock = FairFileLock(self.path)
        except OSError as error:
            raise StoreUnavailable(f"{self.path} cannot be opened: {error.strerror}") from error
        if not lock.acquire_within(self._timeout_s):
            raise StoreUnavailable(f"another process has held {self.path} for {self._timeout_s:g} s")
        try:
            yield
        except sqlite3.Error as error:
            raise as_unavailable(error) or error from error
        finally:
            lock.release()
            lock.close()

    def _migrate(self, table: Table[Any], connection: sqlite3.Connection) -> None:
        """Migrate one table to its spec."""
        if table.missing(connection):
            _in_transaction(connection, lambda: table.migrate(connection))

    async def close(self) -> None:
        """Commit waiting writes and close the file; later calls raise ``StoreUnavailable``."""
        self.outage.end()
        writer, pool = self._writer, self._pool
        self._writer = self._pool = None
        if writer is not None:
            await writer.close()
        if pool is not None:
            await asyncio.to_thread(pool.shutdown)
        for connection in [*self._pooled, *([self._sync_reader] if self._sync_reader else [])]:
            connection.close()
        self._pooled.clear()
        self._sync_reader = self.cache = None
        if self._counters is not None:
            self._counters.close()
            self._counters = None
        self._local = threading.local()

    def _connect(self, *, read_only: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._read_only_url() if self._read_only else self.path,
            uri=self._read_only,
            timeout=self._timeout_s,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        if self._read_only:
            return connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
        connection.execute("PRAGMA cache_size = -16000")  # 16 MB
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        return connection

    def _read_only_url(self) -> str:
        """A store that no process has open is read without the files that SQLite would make beside it."""
        in_use = self.path.with_name(f"{self.path.name}-wal").exists()
        return f"{self.path.absolute().as_uri()}?mode=ro" + ("" if in_use else "&immutable=1")

    # --- collections --------------------------------------------------------------------------

    def collection(self, spec: CollectionSpec[D]) -> Collection[D]:
        """The collection of that spec; its table is created now, or when the store opens."""
        known = self._collections.get(spec.name)
        if known is not None:
            if known.spec != spec:
                raise ValueError(f"{spec.name} is already declared with another spec")
            return known
        made = SqliteCollection(self, Table(spec))
        if self._sync_reader is not None and not self._read_only and made.table.missing(self._sync_reader):
            with self._exclusive():
                connection = self._connect()
                try:
                    self._migrate(made.table, connection)
                finally:
                    connection.close()
        self._collections[spec.name] = made
        return made

    def get_collection(self, name: str) -> Collection[Any]:
        """The collection that was declared under that name.  Raises ``KeyError``."""
        return self._collections[name]

    def subscribe(self, listener: CommitListener) -> None:
        self._listeners.append(listener)

    def notify(self, collection: str, id: str, events: Sequence[EventEnvelope]) -> None:
        """Call the subscribers after a commit."""
        for listener in self._listeners:
            try:
                listener(collection, id, events)
            except Exception:
                log.exception("store_listener_failed", collection=collection, document_id=id)

    # --- outbox, health -----------------------------------------------------------------------

    async def outbox(self, *, older_than_s: float, limit: int) -> list[tuple[str, str]]:
        rows = await self.read(
            "SELECT collection, document_id FROM _outbox WHERE saved_at <= ?"
            " GROUP BY collection, document_id ORDER BY MIN(seq) LIMIT ?",
            (time.time() - older_than_s, limit),
        )
        return [(row[0], row[1]) for row in rows]

    async def outbox_age(self) -> float:
        # The first by ``seq`` is found at once; the one with the earliest time may be its neighbour.
        rows = await self.read("SELECT saved_at FROM _outbox ORDER BY seq LIMIT 1", ())
        return max(0.0, time.time() - rows[0][0]) if rows else 0.0

    async def check(self, *, apply: bool) -> list[Finding]:
        """As the port says; *apply* also drops indexes that are not declared any more."""
        if not self._read_only:
            await self.ping()
        return await asyncio.to_thread(self._check, apply)

    def _check(self, apply: bool) -> list[Finding]:
        tables = [collection.table for collection in self._collections.values()]
        found: list[str] = []
        connection = self._connect()
        try:
            if apply:
                with self._exclusive():
                    for table in tables:
                        self._migrate(table, connection)
                        for name in table.undeclared(connection):
                            connection.execute(f'DROP INDEX "{name}"')
            for table in tables:
                found += table.missing(connection)
                found += [
                    f"{table.spec.name} has the index {name}, which is not declared."
                    for name in table.undeclared(connection)
                ]
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                found.append(f"The file {self.path.name} is damaged: {verdict}.")
        except sqlite3.Error as error:
            raise as_unavailable(error) or error from error
        finally:
            connection.close()
        return [Finding(sentence) for sentence in found]

    async def ping(self) -> None:
        await self.write(lambda connection: connection.execute("SELECT 1 FROM _outbox LIMIT 1").fetchone())

    def stats(self) -> dict[str, Any]:
        writer = self._writer
        if writer is None:
            return {}
        return {
            "commits": writer.commits,
            "operations": writer.operations,
            "largest_group": writer.largest_group,
            "lock_wait_seconds": writer.lock_wait_s,
            "longest_lock_wait_seconds": writer.longest_lock_wait_s,
            "waiting": writer.waiting,
            "truncations": writer.truncations,
            "cache_hits": self.cache.hits if self.cache else 0,
            "cache_misses": self.cache.misses if self.cache else 0,
            # One connection writes, one reads in the caller's thread, each thread of the pool has its own.
            "connections": 2 + len(self._pooled),
            "connections_max": 2 + READERS,
            "connections_in_use": min(self._reading, READERS) + writer.writing,
            "connection_waiters": max(0, self._reading - READERS),
        }

    async def backup(self, path: Path) -> None:
        """Copy a consistent snapshot of the store to a new file, while the store is in use.

        Raises ``FileExistsError``; ``StoreError`` if the file cannot be made; ``StoreUnavailable``.
        """
        await asyncio.to_thread(self._backup, Path(path))

    def _backup(self, path: Path) -> None:
        if path.exists():
            raise FileExistsError(path)
        unfinished = path.with_name(f"{path.name}.unfinished")
        try:
            unfinished.unlink(missing_ok=True)
            create_private_file(unfinished)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}") from error
        source = self._connect()
        try:
            source.execute("VACUUM INTO ?", (str(unfinished),))
        except sqlite3.Error as error:
            raise as_unavailable(error) or error from error
        finally:
            source.close()
        with unfinished.open("rb") as copy:
            os.fsync(copy.fileno())
        unfinished.rename(path)

    # --- for the collections ------------------------------------------------------------------

    async def write(
        self,
        run: Callable[[sqlite3.Connection], R],
        on_commit: Callable[[int], None] | None = None,
        ids: Sequence[str] = (),
        *,
        deferrable: bool = False,
        long_running: bool = False,
        durable: bool = True,
        timings: Timings | None = None,
    ) -> R:
        """The outcome of *run*, once it is durable.  Parameters as for ``Writer.submit``."""
        if self._writer is None:
            raise StoreUnavailable("the store is not open")
        return await self._writer.submit(
            run,
            on_commit,
            ids,
            deferrable=deferrable,
            long_running=long_running,
            durable=durable,
            timings=timings,
        )

    def read_sync(self, sql: str, values: Sequence[Any], timings: Timings | None = None) -> list[Any]:
        """Rows, read in the caller's thread: for statements that read few rows by an index."""
        if self._sync_reader is None:
            raise StoreUnavailable("the store is not open")
        started = time.perf_counter()
        try:
            rows = self._sync_reader.execute(sql, values).fetchall()
            if timings is not None:
                timings.observe(time.perf_counter() - started)
            return rows
        except UnicodeEncodeError:  # half a surrogate pair, from a malformed URL: no document has such an id
            return []
        except sqlite3.Error as error:
            raise self._failed(error) from error

    async def read(
        self, sql: str, values: Sequence[Any], *, few: bool = False, timings: Timings | None = None
    ) -> list[Any]:
        """Rows.  *few*: there are few of them, so if an index finds them they are read synchronously."""
        if few and self._by_index(sql, values):
            return self.read_sync(sql, values, timings)
        return await self.read_with(
            lambda connection: connection.execute(sql, values).fetchall(), timings=timings
        )

    async def read_with(self, run: Callable[[sqlite3.Connection], R], *, timings: Timings | None = None) -> R:
        """The outcome of *run*, in a thread of the pool with a read-only connection."""
        if self._pool is None:
            raise StoreUnavailable("the store is not open")
        started = time.perf_counter()
        self._reading += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._read_pooled, run)
        finally:
            self._reading -= 1
            if timings is not None:
                timings.observe(time.perf_counter() - started)

    def _read_pooled(self, run: Callable[[sqlite3.Connection], R]) -> R:
        try:
            connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = self._connect(read_only=True)
                self._pooled.append(connection)
            found = run(connection)
        except sqlite3.Error as error:
            raise self._failed(error) from error
        if self.outage.active:
            self.outage.record_success()
        return found

    def _failed(self, error: sqlite3.Error) -> Exception:
        """The error to raise for an error of a read."""
        unavailable = as_unavailable(error)
        if unavailable is None:
            return error
        self.outage.record_failure(unavailable)
        return unavailable

    def _by_index(self, sql: str, values: Sequence[Any]) -> bool:
        """True if SQLite finds and orders the rows by an index alone."""
        known = self._plans.get(sql)
        if known is None:
            if len(self._plans) > 1000:
                self._plans.clear()
            plan = [row[3] for row in self.read_sync(f"EXPLAIN QUERY PLAN {sql}", values)]
            known = self._plans[sql] = all(step.startswith("SEARCH") for step in plan)
        return known


def _in_transaction(connection: sqlite3.Connection, run: Callable[[], object]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        run()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
