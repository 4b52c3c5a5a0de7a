"""How a process writes to SQLite: what is waiting is committed as a group, by one thread.

A caller hands over an operation and awaits its future.  At the end of that turn of its event loop, if no
other process is writing, the statements of everything that is waiting are run right there, in the loop's
thread, and the thread of this module commits them: it waits for the disk, tells each caller its own
outcome, and the loop goes on meanwhile.  Running the statements there is what makes a write cheap:
``sqlite3`` gives the interpreter's lock away some four times a statement, and a thread that must win it
back each time from a busy loop waits milliseconds and costs both of them a hundred microseconds.

Where that cannot be, because another process has its turn (``turnstile``) or an operation is a lengthy
one, the thread does all of it: it waits for the turnstile and takes everything that is waiting by then.

An operation either succeeds, or raises a ``StoreError`` having changed nothing, so that one conflict fails
only its own caller; anything else that goes wrong rolls the group back and runs it again one by one.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import structlog

from supportcarr.kit.store.port import StoreError, StoreUnavailable
from supportcarr.kit.store.sqlite.cache import VersionCounters
from supportcarr.kit.store.sqlite.lock import FairFileLock

R = TypeVar("R")

GROUP = 512  # operations in one transaction at most: bounds how long others wait
NEAR_GROUP = 128  # run in the loop's thread at most: 2 ms or so
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
    """Something to be written: ``run``, then ``told`` in the caller's loop if it was.

    ``ids`` are the documents that it changes.  ``told`` is given the count (``sqlite.cache``) under which
    the first of them is in the database now.
    """

    __slots__ = ("count", "future", "ids", "lengthy", "run", "since", "told")

    def __init__(
        self,
        run: Callable[[sqlite3.Connection], Any],
        future: asyncio.Future[Any],
        told: Callable[[int], None] | None,
        ids: Sequence[str],
        lengthy: bool,
    ) -> None:
        self.run, self.future, self.told, self.ids, self.lengthy = run, future, told, ids, lengthy
        self.since = time.monotonic()
        self.count = 1  # odd: of no use to anybody


Outcome = tuple[Operation, Any, BaseException | None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A group whose statements were run, in the transaction that is open."""

    group: list[Operation]
    outcomes: list[Outcome]
    marked: dict[int, int]


class Writer:
    """Owns the writing connection.  ``submit`` may be called from any running loop.

    Connection and turnstile belong to who has set ``_writing``: a loop that prepares a group, and then
    the thread until that group is through.
    """

    def __init__(
        self,
        path: Path,
        connect: Callable[[], sqlite3.Connection],
        marks: VersionCounters,
        *,
        patience_s: float,
    ) -> None:
        self._path = path
        self._marks = marks
        self._connection = connect()
        self._turnstile = FairFileLock(path)
        self._patience_s = patience_s
        self._lock_patience_s = -1.0  # not set yet
        self._pending: deque[Operation] = deque()
        self._unhurried: deque[Operation] = deque()  # not pending yet
        self._taking = threading.Lock()  # held while operations move from waiting to being run
        self._writing = False
        self._scheduled: asyncio.AbstractEventLoop | None = None  # where ``_begin`` will be called
        self._orders: SimpleQueue[Prepared | None] = SimpleQueue()  # None: do all of it
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
        told: Callable[[int], None] | None = None,
        ids: Sequence[str] = (),
        *,
        unhurried: bool = False,
        lengthy: bool = False,
    ) -> asyncio.Future[R]:
        """The future of *run*'s outcome, set after it is durable; *told* is called just before that.

        *ids* are the documents that *run* changes: what other readers keep of them counts no more.
        *unhurried*: it may wait a moment for another operation to share a commit with.
        *lengthy*: it takes milliseconds, so no event loop shall run it.
        Raises ``StoreUnavailable`` when the store is closed or too much is waiting.
        """
        if self._stopping:
            raise StoreUnavailable("the store is closed")
        if self.waiting >= BACKLOG:
            raise StoreUnavailable(f"{BACKLOG} writes are waiting already")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        operation = Operation(run, future, told, ids, lengthy)
        if unhurried:
            if not self._unhurried:
                loop.call_later(UNHURRIED_S, self._hand_over, loop)
            self._unhurried.append(operation)
        else:
            self._hand_over(loop, operation)
        if loop not in self._watched:
            self._watched.add(loop)
            loop.call_later(1.0, self._watch, loop)
        return future

    def _hand_over(self, loop: asyncio.AbstractEventLoop, *operations: Operation) -> None:
        """These wait now, and so does what waited for company."""
        with suppress(IndexError):  # another loop's thread may take them as well
            while True:
                self._pending.append(self._unhurried.popleft())
        self._pending.extend(operations)
        if self._pending:
            self._schedule(loop)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have what waits written at the end of this turn of *loop*."""
        if self._scheduled is not loop and not self._writing:  # whoever writes looks here again
            self._scheduled = loop
            loop.call_soon(self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Prepare what waits, or leave all of it to the thread."""
        if self._scheduled is loop:
            self._scheduled = None
        with self._taking:
            if self._writing or not self._pending:
                return
            self._writing = True
        prepared: Prepared | None = None
        try:
            lengthy = any(operation.lengthy for operation in islice(self._pending, NEAR_GROUP))
            if not lengthy and self._turnstile.try_acquire():
                prepared = self._prepare_near()
        finally:
            self._orders.put(prepared)

    def _prepare_near(self) -> Prepared | None:
        """Run the statements here, without ever waiting; ``None``, and the turnstile is free: it failed."""
        group = self._take(NEAR_GROUP)
        try:
            if group:
                self._wait_for_locks(0)
                return self._prepare(group)
            self._turnstile.release()  # those who waited have given up
            return None
        except Exception:  # the thread meets it again, and deals with it
            self._roll_back()
            with self._taking:
                self._pending.extendleft(reversed(group))
            self._turnstile.release()
            return None

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
            self._schedule(loop)  # in case it was left to a loop that has ended
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
        with suppress(IndexError):
            while True:
                self._pending.append(self._unhurried.popleft())
        with self._taking:
            idle = not self._writing
            self._writing = True  # no loop begins anything any more
        if idle:
            self._orders.put(None)
        self._thread.join(self._patience_s + 5)

    # --- either side, whoever is writing ------------------------------------------------------

    def _take(self, most: int) -> list[Operation]:
        with self._taking:
            return [self._pending.popleft() for _ in range(min(most, len(self._pending)))]

    def _prepare(self, group: list[Operation]) -> Prepared:
        """Run a group's statements; the transaction stays open.  Raises what is nobody's own fault."""
        marked = self._marks.begin(chain.from_iterable(operation.ids for operation in group))
        try:
            return Prepared(group, self._execute(group), marked)
        except BaseException:
            self._marks.end(marked)
            raise

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

    def _wait_for_locks(self, seconds: float) -> None:
        """How long statements wait for a lock that somebody else's program holds."""
        if seconds != self._lock_patience_s:
            self._connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
            self._lock_patience_s = seconds

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                _log.exception("store.rollback_failed")

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                prepared = self._orders.get()
                while True:
                    if prepared is not None or self._pending:
                        self._turn(prepared)
                    prepared = None
                    if self._stopping:
                        if not self._pending:
                            return
                    elif not self._pass_on():
                        break
        finally:
            self._connection.close()
            self._turnstile.close()

    def _pass_on(self) -> bool:
        """Let a loop begin with what waits by now; ``True``: there is none, the thread shall go on."""
        with self._taking:
            if self._stopping:
                return True
            self._writing = False  # first this, then look: who comes after it begins by themselves
            first = self._pending[0] if self._pending else None
        if first is None:
            return False
        try:
            loop = first.future.get_loop()
            loop.call_soon_threadsafe(self._schedule, loop)
        except RuntimeError:  # it is closed
            with self._taking:
                taken, self._writing = self._writing, True
            return not taken
        return False

    def _turn(self, prepared: Prepared | None) -> None:
        """Write one group, and tell its callers."""
        if prepared is None:
            started = time.monotonic()
            self._turnstile.acquire()
            waited = time.monotonic() - started
            self.lock_wait_s += waited
            self.longest_lock_wait_s = max(self.longest_lock_wait_s, waited)
        group: list[Operation] = []
        try:
            group = prepared.group if prepared else self._take(GROUP)
            outcomes = self._write(group, prepared) if group else []
        except Exception as error:
            _log.exception("store.writer_failed")
            outcomes = [(operation, None, error) for operation in group]
        finally:
            self._turnstile.release()
        self._deliver(outcomes)

    def _write(self, group: list[Operation], prepared: Prepared | None) -> list[Outcome]:
        """The outcomes of a group, when they are durable."""
        try:
            if prepared is None:
                self._wait_for_locks(self._patience_s)
                prepared = self._prepare(group)
            try:
                self._connection.commit()  # one call, and the interpreter's lock is won back once
            finally:
                self._marks.end(prepared.marked)
        except Exception as error:
            self._roll_back()
            if len(group) > 1 and not _cannot_serve(error):
                return [outcome for operation in group for outcome in self._write([operation], None)]
            if isinstance(error, sqlite3.Error):
                error = as_unavailable(error) or error
            return [(operation, None, error) for operation in group]
        for operation in group:
            if operation.ids:
                operation.count = prepared.marked[self._marks.slot(operation.ids[0])]
        self.commits += 1
        self.operations += len(group)
        self.largest_group = max(self.largest_group, len(group))
        self._bound_the_log()
        return prepared.outcomes

    def _bound_the_log(self) -> None:
        """SQLite copies the log by itself every ``CHECKPOINT_PAGES``; readers can keep it growing."""
        if self.commits % 64:
            return
        try:
            if Path(f"{self._path}-wal").stat().st_size > LOG_BYTES:
                self._wait_for_locks(0.05)  # a long reader must not stop us all
                busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
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
            operation.told(operation.count)
        future = operation.future
        if future.done():  # the caller was cancelled
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
