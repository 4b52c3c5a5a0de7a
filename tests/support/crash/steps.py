"""Counts the steps of a process that outlive it, writes each down, and kills the process at one of them.

A step is a write that the store acknowledged, a request that Stripe answered (or left without an
answer), or an append to the streams in Redis.  ``Fuse`` wraps the three ports generically: whatever a
part does with them is seen, and said with whose work it was (a consumer, a job, a deadline …).
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar, cast

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.jobs.declarations import Deadline, JobHandler, PeriodicTask
from supportcarr.kit.store.port import Collection, CollectionSpec, Page, Store, Where
from supportcarr.payments.model import Intent
from supportcarr.payments.ports import GatewayError, PaymentGateway

D = TypeVar("D", bound=Document)
R = TypeVar("R")

When = Literal["done", "asked"]
"""``done``: when the step is durable, before its caller is told.  ``asked``: while it is under way."""

_whose: ContextVar[str] = ContextVar("whose", default="relay")


@contextmanager
def working_as(name: str) -> Any:
    """What is done inside is the work of *name*."""
    token = _whose.set(name)
    try:
        yield
    finally:
        _whose.reset(token)


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One step: whose work, and what it did."""

    whose: str
    what: str


class Fuse:
    """Writes steps to *steps* and events to *events* (JSON lines); dies at step number *dies_at* (from 1)."""

    def __init__(self, steps: Path, events: Path, *, dies_at: int | None = None, when: When = "done") -> None:
        self._steps = os.open(steps, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._events = os.open(events, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._dies_at = dies_at
        self._when = when
        self._asked = self._done = 0
        self.recorded = 0  # events that this process committed
        self.armed = False

    def close(self) -> None:
        os.close(self._steps)
        os.close(self._events)

    async def step(
        self,
        what: Callable[[Any], str],
        run: Callable[[], Awaitable[R]],
        events: Callable[[R], Sequence[EventEnvelope]] = lambda _: (),
        failures: type[Exception] | tuple[type[Exception], ...] = (),
    ) -> R:
        """Do *run*; what raises is a step only if the exception is one of *failures*."""
        self._asked += self.armed
        if self.armed and self._when == "asked" and self._asked == self._dies_at:
            task = asyncio.ensure_future(run())
            await asyncio.sleep(0)
            if not task.done():
                _die()
        try:
            result = await run()
        except failures as error:
            self._note(what(error), ())
            raise
        self._note(what(result), events(result))
        return result

    def _note(self, what: str, events: Sequence[EventEnvelope]) -> None:
        if events:
            self.recorded += len(events)
            lines = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
            os.write(self._events, lines)
        if not self.armed:
            return
        self._done += 1
        os.write(self._steps, msgspec.json.encode(Step(_whose.get(), what)) + b"\n")
        if self._when == "done" and self._done == self._dies_at:
            _die()

    # --- what is wrapped ----------------------------------------------------------------------

    def store(self, store: Store) -> Store:
        return cast(Store, _Store(store, self))

    def gateway(self, gateway: PaymentGateway) -> PaymentGateway:
        return cast(PaymentGateway, _Gateway(gateway, self))

    def streams(self, streams: EventStreams) -> EventStreams:
        return cast(EventStreams, _Streams(streams, self))


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody lives after that")


def read_steps(file: Path) -> list[Step]:
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [msgspec.json.decode(line, type=Step) for line in lines]


def read_events(file: Path) -> list[EventEnvelope]:
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [msgspec.json.decode(line, type=EventEnvelope) for line in lines]


# --- the three ports ------------------------------------------------------------------------------


class _Store:
    """A store whose collections count their writes.

    Nobody else writes while it is open: an outbox that was found empty is, until this process commits
    events.  On MongoDB each look asks every collection, which would be most of what a test does.
    """

    def __init__(self, inner: Store, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse
        self._empty_at = -1  # so many events had been committed when the outbox was empty

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def outbox(self, *, older_than_s: float, limit: int) -> list[tuple[str, str]]:
        recorded = self._fuse.recorded
        if recorded == self._empty_at:
            return []
        waiting = await self._inner.outbox(older_than_s=older_than_s, limit=limit)
        if not waiting and older_than_s == 0:
            self._empty_at = recorded
        return waiting

    def collection(self, spec: CollectionSpec[D]) -> Collection[D]:
        return cast(Collection[D], _Collection(self._inner.collection(spec), self._fuse))

    def get_collection(self, name: str) -> Collection[Any]:
        return cast(Collection[Any], _Collection(self._inner.get_collection(name), self._fuse))


class _Collection:
    """A collection that counts its writes, and passes its reads on."""

    def __init__(self, inner: Collection[Any], fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse
        self._name = inner.spec.name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def scan(self, where: Where | None = None, *, batch: int = 500) -> AsyncIterator[Any]:
        return self._inner.scan(where, batch=batch)

    async def find(self, where: Where | None = None, **how: Any) -> Page[Any]:
        return await self._inner.find(where, **how)

    async def insert(self, document: Any, recorded: PendingEvents | None = None) -> Any:
        return await self._fuse.step(
            lambda stored: f"{self._name}: inserted{_state(stored)}{_events_in(recorded)}",
            lambda: self._inner.insert(document, recorded),
            lambda stored: self._events(stored, recorded),
        )

    async def save(self, document: Any, recorded: PendingEvents | None = None) -> Any:
        return await self._fuse.step(
            lambda stored: f"{self._name}: saved{_state(stored)}{_events_in(recorded)}",
            lambda: self._inner.save(document, recorded),
            lambda stored: self._events(stored, recorded),
        )

    async def insert_many(self, documents: Sequence[Any]) -> int:
        kinds = ", ".join(str(getattr(d, "name", None) or getattr(d, "kind", "")) for d in documents)
        return await self._fuse.step(
            lambda stored: f"{self._name}: inserted {kinds}".rstrip(),
            lambda: self._inner.insert_many(documents),
        )

    async def delete(self, id: str, version: int) -> None:
        await self._fuse.step(lambda _: f"{self._name}: deleted", lambda: self._inner.delete(id, version))

    async def mark_published(self, event: EventEnvelope) -> None:
        # Until here it is nobody's: every consumer has had it.
        with working_as("relay"):
            await self._fuse.step(
                lambda _: f"{self._name}: {_name(event.event)} leaves the outbox",
                lambda: self._inner.mark_published(event),
            )

    def _events(self, stored: Any, recorded: PendingEvents | None) -> Sequence[EventEnvelope]:
        return recorded.envelopes(self._name, stored.id, stored.version) if recorded else ()


def _state(document: Any) -> str:
    """The document's state, if it has one worth telling."""
    state = getattr(document, "status", None) or getattr(document, "state", None)
    running = ", running" if getattr(document, "running", False) else ""
    return f" {state}{running}" if isinstance(state, str) else ""


def _events_in(recorded: PendingEvents | None) -> str:
    return " with " + ", ".join(_name(event) for event in recorded.events) if recorded else ""


def _name(event: object) -> str:
    return type(event).__name__


_ASKED_OF_STRIPE = frozenset(
    {"create_customer", "attach", "detach", "hold", "capture", "cancel", "retrieve", "find"}
)


class _Gateway:
    """A payment gateway that counts its requests."""

    def __init__(self, inner: PaymentGateway, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name not in _ASKED_OF_STRIPE:
            return method

        async def asked(*args: Any, **kwargs: Any) -> Any:
            return await self._fuse.step(
                lambda result: f"Stripe: {name}{_outcome(result)}",
                lambda: method(*args, **kwargs),
                failures=GatewayError,
            )

        return asked


def _outcome(result: Any) -> str:
    if isinstance(result, GatewayError):
        return f" → {type(result).__name__}"
    return f" → {result.status}" if isinstance(result, Intent) else ""


class _Streams:
    """Streams that count their appends."""

    def __init__(self, inner: EventStreams, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def append(self, entries: Sequence[Publication]) -> list[str | None]:
        names = ", ".join(dict.fromkeys(entry.name for entry in entries))
        return await self._fuse.step(
            lambda _: f"streams: {names} appended", lambda: self._inner.append(entries)
        )


# --- whose work it is -----------------------------------------------------------------------------


def named_consumers(consumers: Sequence[Consumer]) -> list[Consumer]:
    """The same consumers, whose steps bear their names."""

    def naming(consumer: Consumer) -> Consumer:
        async def handle(event: EventEnvelope) -> None:
            with working_as(f"consumer {consumer.name}"):
                await consumer.handle(event)

        return replace(consumer, handle=handle)

    return [naming(consumer) for consumer in consumers]


def named_handlers(handlers: Sequence[JobHandler]) -> list[JobHandler]:
    def naming(handler: JobHandler) -> JobHandler:
        async def handle(payload: bytes) -> None:
            with working_as(f"job {handler.name}"):
                await handler.handle(payload)

        return replace(handler, handle=handle)

    return [naming(handler) for handler in handlers]


def named_deadlines(deadlines: Sequence[Deadline]) -> list[Deadline]:
    def naming(deadline: Deadline) -> Deadline:
        async def fire(document_id: str) -> None:
            with working_as(f"deadline {deadline.spec.name}"):
                await deadline.fire(document_id)

        return replace(deadline, fire=fire)

    return [naming(deadline) for deadline in deadlines]


def named_tickers(tickers: Sequence[PeriodicTask]) -> list[PeriodicTask]:
    def naming(ticker: PeriodicTask) -> PeriodicTask:
        async def run() -> None:
            with working_as(f"ticker {ticker.name}"):
                await ticker.run()

        return replace(ticker, run=run)

    return [naming(ticker) for ticker in tickers]
