"""Group commit: all waiting operations are committed in one transaction and made durable by one flush.

A caller submits an operation and awaits its future.  At the end of that iteration of its event loop the
loop's own thread runs the statements of all waiting operations and commits them, which writes to the log
file and takes a fraction of a millisecond.  Then the lock between processes is free for the next, and the
log is flushed to the disk outside the interpreter (``flusher``).  When that is done the callers get their
outcomes: what was acknowledged survives a power cut.

Two threads of Python would cost more than the work: ``sqlite3`` releases the interpreter's lock about four
times per statement, and a thread that takes it back from a busy loop each time waits for milliseconds.  So
the writer's thread takes a group only if an operation is long-running, if other processes hold the lock for
longer than a few attempts, or if a statement failed: it runs the operations again and finds the culprit.

An operation succeeds, or raises a ``StoreError`` having changed nothing, so a conflict fails only its own
caller.  After any other error the group is rolled back and its operations are run again one by one.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import structlog

from supportcarr.kit.observability.timings import Timings, trace_id
from supportcarr.kit.store.outage import Outage
from supportcarr.kit.store.port import StoreError, StoreUnavailable
from supportcarr.kit.store.sqlite.cache import VersionCounters
from supportcarr.kit.store.sqlite.checkpoints import LONGEST_PAGES, Checkpoints
from supportcarr.kit.store.sqlite.errors import as_unavailable
from supportcarr.kit.store.sqlite.flusher import LogFlusher
from supportcarr.kit.store.sqlite.lock import FairFileLock

R = TypeVar("R")

GROUP = 512  # operations in one transaction at most: bounds how long other processes wait
LOOP_GROUP = 128  # operations run in the loop's thread at most: about 2 ms
BACKLOG = 20_000  # operations that may wait; more are refused at once
DEFER_S = 0.02  # how long a deferrable operation waits for others to share a commit with
IMMEDIATE_ATTEMPTS = 3  # to take the lock between processes, in the next iterations of the loop
ATTEMPTS = 12  # in all, a millisecond apart; then the thread waits for it
PAGES_PER_GROUP, PAGES_PER_OPERATION = 3, 3  # written to the log, about

log = structlog.get_logger(__name__)


class Operation:
    """A write: ``run`` executes it, ``on_commit`` is called in the caller's loop after the commit.

    ``ids`` are the documents that it changes.  ``on_commit`` gets the version counter (``cache``) under
    which the first of them is now stored.  One that is not ``durable`` may be lost in a power cut.
    """

    __slots__ = (
        "count",
        "durable",
        "future",
        "ids",
        "long_running",
        "on_commit",
        "queued_at",
        "run",
        "timings",
        "trace_id",
    )

    def __init__(
        self,
        run: Callable[[sqlite3.Connection], Any],
        future: asyncio.Future[Any],
        on_commit: Callable[[int], None] | None,
        ids: Sequence[str],
        long_running: bool,
        durable: bool,
        timings: Timings | None,
    ) -> None:
        self.timings = timings
        self.trace_id = None if timings is None else trace_id()  # it is committed with those of others
        self.run, self.future, self.on_commit = run, future, on_commit
        self.ids, self.long_running, self.durable = ids, long_running, durable
        self.queued_at = time.monotonic()
        self.count = 1  # odd, so the document is not cached


Outcome = tuple[Operation, Any, BaseException | None]


class Writer:
    """Owns the writing connection.  ``submit`` may be called from any running loop.

    The loop that submits first writes its groups itself; those of other loops are left to the thread.
    ``_writing`` says that the connection and the lock are in use, by the loop or by the thread.
    Raises ``OSError`` if the log cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        connect: Callable[[], sqlite3.Connection],
        counters: VersionCounters,
        outage: Outage,
        *,
        timeout_s: float,
    ) -> None:
        self._path = path
        self._counters = counters
        self._outage = outage
        self._connection = connect()
        self._connection.execute("PRAGMA synchronous = NORMAL")  # the flusher makes commits durable
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_PAGES}")
        self._connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()  # opens the log
        self._flusher = LogFlusher(Path(f"{path}-wal"))
        self._checkpoints = Checkpoints(path, connect)
        self._loop: asyncio.AbstractEventLoop | None = None  # the loop that writes
        self._several_loops = False  # a group may hold operations of others
        self._lock_attempts = 0  # failed, one after the other
        self._lock = FairFileLock(path)
        self._timeout_s = timeout_s
        self._busy_timeout_s = -1.0  # not set yet
        self._pending: deque[Operation] = deque()
        self._deferred: deque[Operation] = deque()  # not pending yet
        self._queue_lock = threading.Lock()  # held while operations are taken from the queue
        self._writing = False
        self._scheduled: asyncio.AbstractEventLoop | None = None  # where ``_start_group`` will be called
        self._thread_wake: SimpleQueue[None] = SimpleQueue()  # an item: take and write what is pending
        self._stopping = False
        self._watching_loops: set[asyncio.AbstractEventLoop] = set()
        self.commits = self.operations = self.largest_group = 0
        self.lock_wait_s = self.longest_lock_wait_s = 0.0
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    # --- the callers' side --------------------------------------------------------------------

    def submit(
        self,
        run: Callable[[sqlite3.Connection], R],
        on_commit: Callable[[int], None] | None = None,
        ids: Sequence[str] = (),
        *,
        deferrable: bool = False,
        long_running: bool = False,
        durable: bool = True,
        timings: Timings | None = None,
    ) -> asyncio.Future[R]:
        """The future of *run*'s outcome, set after it is durable; *on_commit* is called just before that.

        *timings* gets how long that took.

        *ids* are the documents that *run* changes: every process drops them from its read cache.
        A *deferrable* operation may wait up to ``DEFER_S`` to share a commit.  A *long_running* one takes
        milliseconds, so it never runs in an event loop's thread.  One that is not *durable* does not wait
        for the disk: for what is harmless to lose in a power cut, because it will be done again.
        Raises ``StoreUnavailable`` when the store is closed or ``BACKLOG`` operations wait.
        """
        if self._stopping:
            raise StoreUnavailable("the store is closed")
        if self.waiting >= BACKLOG:
            error = StoreUnavailable(f"{BACKLOG} writes are waiting already")
            self._outage.record_failure(error)
            raise error
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._several_loops = self._loop is not None
            self._loop = self._loop or loop
        future: asyncio.Future[R] = loop.create_future()
        operation = Operation(run, future, on_commit, ids, long_running, durable, timings)
        if deferrable:
            if not self._deferred:
                loop.call_later(DEFER_S, self._enqueue, loop)
            self._deferred.append(operation)
        else:
            self._enqueue(loop, operation)
        if loop not in self._watching_loops:
            self._watching_loops.add(loop)
            loop.call_later(1.0, self._expire_overdue, loop)
        return future

    def _enqueue(self, loop: asyncio.AbstractEventLoop, *operations: Operation) -> None:
        """Queue these operations, and the deferred ones with them."""
        with suppress(IndexError):  # another loop's thread may take them first
            while True:
                self._pending.append(self._deferred.popleft())
        self._pending.extend(operations)
        if self._pending:
            self._schedule(loop)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start a group at the end of this iteration of *loop*."""
        if self._scheduled is not loop and not self._writing:  # a writer checks the queue when it is done
            self._scheduled = loop
            loop.call_soon(self._start_group, loop)

    def _start_group(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write the waiting operations here, or leave them to the thread."""
        if self._scheduled is loop:
            self._scheduled = None
        with self._queue_lock:
            if self._writing or not self._pending:
                return
            self._writing = True
        if loop is self._loop and not any(o.long_running for o in islice(self._pending, LOOP_GROUP)):
            if self._lock.try_acquire():
                self._lock_attempts = 0
                outcomes = self._write_in_loop()
                if outcomes is not None:
                    self._free_connection(loop)
                    self._acknowledge(outcomes)
                    return
            elif self._lock_attempts < ATTEMPTS:
                self._lock_attempts += 1
                self._free_connection(None)
                self._scheduled = loop
                if self._lock_attempts <= IMMEDIATE_ATTEMPTS:
                    loop.call_soon(self._start_group, loop)
                else:
                    loop.call_later(0.001, self._start_group, loop)
                return
        self._lock_attempts = 0
        self._thread_wake.put(None)

    def _write_in_loop(self) -> list[Outcome] | None:
        """Commit a group without ever waiting; ``None`` if that failed.  The lock is released in any case."""
        group = self._take(LOOP_GROUP)
        try:
            if not group:  # their callers have timed out
                return []
            self._set_busy_timeout(0)
            return self._commit(group)
        except Exception:  # the thread runs them again and reports the error
            self._roll_back()
            with self._queue_lock:
                self._pending.extendleft(reversed(group))
            return None
        finally:
            self._lock.release()

    def _free_connection(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Let others write; if operations wait, *loop* starts the next group."""
        with self._queue_lock:
            if self._stopping:
                self._thread_wake.put(None)  # which writes the rest
                return
            self._writing = False
        if self._pending and loop is not None:
            self._schedule(loop)

    def _acknowledge(self, outcomes: list[Outcome]) -> None:
        """Settle the outcomes once they are durable."""
        settle = self._deliver if self._several_loops else _settle
        if _need_flush(outcomes):
            self._flusher.flush(partial(_settle_flushed, settle, outcomes))
        else:
            settle(outcomes)

    def _expire_overdue(self, loop: asyncio.AbstractEventLoop) -> None:
        """Fail operations that waited too long for the lock (its holder is stopped, or hangs)."""
        with self._queue_lock:
            late: list[Operation] = []
            oldest = time.monotonic() - self._timeout_s
            while self._pending and self._pending[0].queued_at < oldest:
                late.append(self._pending.popleft())
            waiting = bool(self._pending)
        error = StoreUnavailable(f"the store could not be written for {self._timeout_s:g} s")
        if late:
            self._outage.record_failure(error)
        self._deliver([(operation, None, error) for operation in late])
        if waiting:
            self._schedule(loop)  # in case the loop they were left to has ended
            loop.call_later(1.0, self._expire_overdue, loop)
        else:
            self._watching_loops.discard(loop)

    @property
    def waiting(self) -> int:
        """Operations that were submitted and not taken yet."""
        return len(self._pending) + len(self._deferred)

    def stop(self) -> None:
        """Write what waits, then end the thread.  Blocks; call it outside the loop."""
        self._stopping = True
        with suppress(IndexError):
            while True:
                self._pending.append(self._deferred.popleft())
        with self._queue_lock:
            idle = not self._writing
            self._writing = True  # no loop starts another group
        if idle:
            self._thread_wake.put(None)
        self._thread.join(self._timeout_s + 5)
        self._checkpoints.join(self._timeout_s)

    async def close(self) -> None:
        """Write what waits, give callers their outcomes and end the thread."""
        await asyncio.to_thread(self.stop)
        await self._flusher.close()

    @property
    def writing(self) -> bool:
        """Whether the writing connection is in use."""
        return self._writing

    @property
    def truncations(self) -> int:
        """How often the log was truncated."""
        return self._checkpoints.truncations

    # --- in the loop or in the thread ---------------------------------------------------------

    def _take(self, most: int) -> list[Operation]:
        with self._queue_lock:
            return [self._pending.popleft() for _ in range(min(most, len(self._pending)))]

    def _commit(self, group: list[Operation]) -> list[Outcome]:
        """Run a group's statements and commit them.  Raises only errors of the database."""
        counters = self._counters.begin_write(chain.from_iterable(operation.ids for operation in group))
        try:
            outcomes = self._execute(group)
            self._connection.commit()  # one call, so the interpreter's lock is taken back once
        finally:
            self._counters.end_write(counters)
        for operation in group:
            if operation.ids:
                operation.count = counters[self._counters.slot(operation.ids[0])]
        if self._outage.active:
            self._outage.record_success()
        self.commits += 1
        self.operations += len(group)
        self.largest_group = max(self.largest_group, len(group))
        self._checkpoints.wrote(PAGES_PER_GROUP + PAGES_PER_OPERATION * len(group))
        return outcomes

    def _execute(self, group: list[Operation]) -> list[Outcome]:
        connection = self._connection
        outcomes: list[Outcome] = []
        connection.execute("BEGIN IMMEDIATE")
        for operation in group:
            try:
                outcomes.append((operation, operation.run(connection), None))
            except StoreError as error:
                outcomes.append((operation, None, error))
        return outcomes

    def _set_busy_timeout(self, seconds: float) -> None:
        """Set how long statements wait for a lock that another program holds."""
        if seconds != self._busy_timeout_s:
            self._connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
            self._busy_timeout_s = seconds

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                log.exception("sqlite_rollback_failed")

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                self._thread_wake.get()
                while True:
                    if self._pending:
                        self._write_group()
                    if self._stopping:
                        if not self._pending:
                            return
                    elif not self._hand_back_to_loop():
                        break
        finally:
            self._connection.close()
            self._lock.close()

    def _hand_back_to_loop(self) -> bool:
        """Let a loop start the next group; ``True`` if no loop can, so that the thread must go on."""
        with self._queue_lock:
            if self._stopping:
                return True
            self._writing = False  # before looking at the queue: later callers start a group themselves
            first = self._pending[0] if self._pending else None
        if first is None:
            return False
        try:
            loop = first.future.get_loop()
            loop.call_soon_threadsafe(self._schedule, loop)
        except RuntimeError:  # the loop is closed
            with self._queue_lock:
                taken, self._writing = self._writing, True
            return not taken
        return False

    def _write_group(self) -> None:
        """Write one group and give its callers their outcomes."""
        started = time.monotonic()
        self._lock.acquire()
        waited = time.monotonic() - started
        self.lock_wait_s += waited
        self.longest_lock_wait_s = max(self.longest_lock_wait_s, waited)
        group: list[Operation] = []
        try:
            group = self._take(GROUP)
            outcomes = self._write(group) if group else []
        except Exception as error:
            log.exception("sqlite_write_failed")
            outcomes = [(operation, None, error) for operation in group]
        finally:
            self._lock.release()
        if _need_flush(outcomes):
            try:
                self._flusher.flush_now()
            except OSError as error:
                log.exception("sqlite_flush_failed")
                outcomes = _unflushed(outcomes, error)
        self._deliver(outcomes)

    def _write(self, group: list[Operation]) -> list[Outcome]:
        """Commit a group; after an error that an operation may have caused, each on its own."""
        try:
            self._set_busy_timeout(self._timeout_s)
            return self._commit(group)
        except Exception as error:
            self._roll_back()
            if len(group) > 1 and not _cannot_serve(error):
                return [outcome for operation in group for outcome in self._write([operation])]
            if isinstance(error, sqlite3.Error) and (unavailable := as_unavailable(error)):
                error = unavailable
                self._outage.record_failure(unavailable)
            return [(operation, None, error) for operation in group]

    def _deliver(self, outcomes: list[Outcome]) -> None:
        """Give callers their outcomes, with one wake-up per loop."""
        by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
        for outcome in outcomes:
            by_loop.setdefault(outcome[0].future.get_loop(), []).append(outcome)
        for loop, of_loop in by_loop.items():
            try:
                loop.call_soon_threadsafe(_settle, of_loop)
            except RuntimeError:  # the loop is closed, so nothing waits there
                log.debug("sqlite_loop_closed", operations=len(of_loop))


def _cannot_serve(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and as_unavailable(error) is not None


def _settle(outcomes: list[Outcome]) -> None:
    now = time.monotonic()
    for operation, result, error in outcomes:
        if operation.timings is not None:
            operation.timings.observe_for(now - operation.queued_at, operation.trace_id)
        if error is None and operation.on_commit is not None:
            operation.on_commit(operation.count)
        future = operation.future
        if future.done():  # the caller was cancelled
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _need_flush(outcomes: list[Outcome]) -> bool:
    return any(error is None and operation.durable for operation, _, error in outcomes)


def _settle_flushed(
    settle: Callable[[list[Outcome]], None], outcomes: list[Outcome], error: OSError | None
) -> None:
    settle(outcomes if error is None else _unflushed(outcomes, error))


def _unflushed(outcomes: list[Outcome], error: OSError) -> list[Outcome]:
    """The outcomes after a flush that failed: what was committed may be lost in a power cut."""
    lost = StoreUnavailable(f"the log of SQLite could not be flushed: {error.strerror or error}")
    return [(operation, result, raised or lost) for operation, result, raised in outcomes]
