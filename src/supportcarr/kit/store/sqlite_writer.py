"""The one thread of a process that writes to SQLite: it commits what is waiting as a group.

A caller hands over an operation and awaits its future.  The thread waits for the turnstile (other
processes write to the same file), takes everything that is waiting by then, runs it in one
transaction and tells each caller its own outcome after the commit.  An operation either succeeds,
or raises a ``StoreError`` having changed nothing, so that one conflict fails only its own caller;
anything else that goes wrong rolls the group back and runs it again one by one.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import structlog

from supportcarr.kit.store.port import StoreError, StoreUnavailable
from supportcarr.kit.store.sqlite_cache import Marks
from supportcarr.kit.store.turnstile import Turnstile

R = TypeVar("R")

GROUP = 512  # operations in one transaction at most: bounds how long others wait
BACKLOG = 20_000  # operations waiting at most; more are refused at once
UNHURRIED_S = 0.02  # what nobody waits for goes with the next commit, or after that long
CHECKPOINT_PAGES = 2_000  # pages (4 KiB) in the log before they are copied to the database
LOG_BYTES = 64 * 1024 * 1024  # a log longer than this is cut back to nothing

_log = structlog.get_logger("supportcarr.store")

_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


def as_unavailable(error: sqlite3.Error) -> StoreUnavailable | None:
    """``StoreUnavailable`` if *error* says that the file cannot serve, ``None`` for our own mistakes."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code & 0xFF not in _UNAVAILABLE:
        return None
    return StoreUnavailable(f"SQLite: {error} ({error.sqlite_errorname})")


class Operation:
    """Something to be written: ``run`` in the thread, then ``told`` in the caller's loop if it was.

    ``ids`` are the documents that it changes.
    """

    __slots__ = ("future", "ids", "run", "since", "told")

    def __init__(
        self,
        run: Callable[[sqlite3.Connection], Any],
        future: asyncio.Future[Any],
        told: Callable[[], None] | None,
        ids: Sequence[str],
    ) -> None:
        self.run, self.future, self.told, self.ids = run, future, told, ids
        self.since = time.monotonic()


Outcome = tuple[Operation, Any, BaseException | None]


class Writer:
    """Owns the writing connection.  ``submit`` may be called from any running loop."""

    def __init__(
        self, path: Path, connect: Callable[[], sqlite3.Connection], marks: Marks, *, patience_s: float
    ) -> None:
        self._path = path
        self._marks = marks
        self._connection = connect()
        self._turnstile = Turnstile(path)
        self._patience_s = patience_s
        self._pending: deque[Operation] = deque()
        self._unhurried: deque[Operation] = deque()  # not pending yet
        self._taking = threading.Lock()  # held while operations move from waiting to being run
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._idle = False
        self._stopping = False
        self._watched: set[asyncio.AbstractEventLoop] = set()
        self.commits = self.operations = self.largest_group = self.truncations = 0
        self.lock_wait_s = self.longest_lock_wait_s = 0.0
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    # --- the callers' side --------------------------------------------------------------------

    def submit(
        self,
        run: Callable[[sqlite3.Connection], R],
        told: Callable[[], None] | None = None,
        ids: Sequence[str] = (),
        *,
        unhurried: bool = False,
    ) -> asyncio.Future[R]:
        """The future of *run*'s outcome, set after it is durable; *told* is called just before that.

        *ids* are the documents that *run* changes: what other readers keep of them counts no more.
        *unhurried*: it may wait a moment for another operation to share a commit with.
        Raises ``StoreUnavailable`` when the store is closed or too much is waiting.
        """
        if self._stopping:
            raise StoreUnavailable("the store is closed")
        if self.waiting >= BACKLOG:
            raise StoreUnavailable(f"{BACKLOG} writes are waiting already")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        operation = Operation(run, future, told, ids)
        if unhurried:
            if not self._unhurried:
                loop.call_later(UNHURRIED_S, self._hand_over)
            self._unhurried.append(operation)
        else:
            self._hand_over(operation)
        if loop not in self._watched:
            self._watched.add(loop)
            loop.call_later(1.0, self._watch, loop)
        return future

    def _hand_over(self, *operations: Operation) -> None:
        """Let the thread have these, and what waited for company."""
        with suppress(IndexError):  # another loop's thread may take them as well
            while True:
                self._pending.append(self._unhurried.popleft())
        self._pending.extend(operations)
        if self._idle and self._pending:
            self._idle = False
            self._wake.put(None)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up on what waits too long for the turnstile (its holder is stopped, or hangs)."""
        with self._taking:
            late: list[Operation] = []
            oldest = time.monotonic() - self._patience_s
            while self._pending and self._pending[0].since < oldest:
                late.append(self._pending.popleft())
            waiting = bool(self._pending)
        error = StoreUnavailable(f"the store could not be written for {self._patience_s:g} s")
        self._deliver([(operation, None, error) for operation in late])
        if waiting:
            loop.call_later(1.0, self._watch, loop)
        else:
            self._watched.discard(loop)

    @property
    def waiting(self) -> int:
        """Operations that are handed over and not taken yet."""
        return len(self._pending) + len(self._unhurried)

    def stop(self) -> None:
        """Write what is waiting, then end the thread.  Blocks; called from outside the loop."""
        self._stopping = True
        self._hand_over()
        self._wake.put(None)
        self._thread.join(self._patience_s + 5)

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                if self._pending:
                    self._turn()
                elif self._stopping:
                    return
                else:
                    self._idle = True
                    if not self._pending:  # handed over between the two looks
                        self._wake.get()
                    self._idle = False
        finally:
            self._connection.close()
            self._turnstile.close()

    def _turn(self) -> None:
        started = time.monotonic()
        self._turnstile.acquire()
        try:
            waited = time.monotonic() - started
            self.lock_wait_s += waited
            self.longest_lock_wait_s = max(self.longest_lock_wait_s, waited)
            with self._taking:
                group = [self._pending.popleft() for _ in range(min(GROUP, len(self._pending)))]
            marked = self._marks.begin(chain.from_iterable(operation.ids for operation in group))
            try:
                outcomes = self._commit(group) if group else []
            except Exception as error:
                _log.exception("store.writer_failed")
                outcomes = [(operation, None, error) for operation in group]
            finally:
                self._marks.end(marked)
        finally:
            self._turnstile.release()
        self._deliver(outcomes)

    def _commit(self, group: list[Operation]) -> list[Outcome]:
        connection = self._connection
        outcomes: list[Outcome] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for operation in group:
                try:
                    outcomes.append((operation, operation.run(connection), None))
                except StoreError as error:
                    outcomes.append((operation, None, error))
            connection.execute("COMMIT")
        except Exception as error:
            self._roll_back()
            if len(group) > 1 and not _cannot_serve(error):
                return [outcome for operation in group for outcome in self._commit([operation])]
            if isinstance(error, sqlite3.Error):
                error = as_unavailable(error) or error
            return [(operation, None, error) for operation in group]
        self.commits += 1
        self.operations += len(group)
        self.largest_group = max(self.largest_group, len(group))
        self._bound_the_log()
        return outcomes

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                _log.exception("store.rollback_failed")

    def _bound_the_log(self) -> None:
        """SQLite copies the log by itself every ``CHECKPOINT_PAGES``; readers can keep it growing."""
        if self.commits % 64:
            return
        try:
            if Path(f"{self._path}-wal").stat().st_size > LOG_BYTES:
                self._connection.execute("PRAGMA busy_timeout = 50")  # a long reader must not stop us all
                busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                self._connection.execute(f"PRAGMA busy_timeout = {int(self._patience_s * 1000)}")
                self.truncations += not busy
        except (OSError, sqlite3.Error):
            _log.warning("store.checkpoint_failed", exc_info=True)

    def _deliver(self, outcomes: list[Outcome]) -> None:
        """One wake-up of each loop, however many operations it waits for."""
        by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
        for outcome in outcomes:
            by_loop.setdefault(outcome[0].future.get_loop(), []).append(outcome)
        for loop, of_loop in by_loop.items():
            try:
                loop.call_soon_threadsafe(_settle, of_loop)
            except RuntimeError:  # the loop is closed: nobody waits there any more
                _log.debug("store.loop_closed", operations=len(of_loop))


def _cannot_serve(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and as_unavailable(error) is not None


def _settle(outcomes: list[Outcome]) -> None:
    for operation, result, error in outcomes:
        if error is None and operation.told is not None:
            operation.told()
        future = operation.future
        if future.done():  # the caller was cancelled
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
