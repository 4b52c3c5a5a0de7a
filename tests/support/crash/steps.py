"""Record the steps of a process that outlive it, and kill the process at one of them.

A step is a write that the store acknowledged, a request that Stripe answered (or that timed out), or an
append to the streams in Redis.  ``StepRecorder`` wraps the three ports generically, so it sees every call of
every part, and records what performed the step (a request, a consumer, a job, a deadline …).
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar, cast

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.drivers.ports import CheckKind, CheckProvider, CheckUnavailable
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.jobs.declarations import Deadline, JobHandler, PeriodicTask
from supportcarr.kit.sealing.streams import SealedStreams
from supportcarr.kit.store.port import Collection, CollectionSpec, Page, Store, Where
from supportcarr.payments.model import Intent
from supportcarr.payments.ports import GatewayError, PaymentGateway

D = TypeVar("D", bound=Document)
R = TypeVar("R")

KillTiming = Literal["after", "during"]
"""``after``: the step is durable, its caller has no result yet.  ``during``: the step is in progress."""

_performer: ContextVar[str] = ContextVar("performed_by", default="relay")


@contextmanager
def attributed_to(name: str) -> Any:
    """Record steps inside as performed by *name*."""
    token = _performer.set(name)
    try:
        yield
    finally:
        _performer.reset(token)


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One step: what performed it, and what it did."""

    performed_by: str
    what: str


class StepRecorder:
    """Writes *steps* and *events* as JSON lines and kills the process at step *dies_at* (from 1)."""

    def __init__(
        self, steps: Path, events: Path, *, dies_at: int | None = None, timing: KillTiming = "after"
    ) -> None:
        self._steps = os.open(steps, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._events = os.open(events, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._dies_at = dies_at
        self._timing = timing
        self._started = self._done = 0
        self.recorded = 0  # events that this process committed
        self.active = False

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
        """Await *run* and record it.  A call that raises is a step only for exceptions in *failures*."""
        self._started += self.active
        if self.active and self._timing == "during" and self._started == self._dies_at:
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
        if not self.active:
            return
        self._done += 1
        os.write(self._steps, msgspec.json.encode(Step(_performer.get(), what)) + b"\n")
        if self._timing == "after" and self._done == self._dies_at:
            _die()

    # --- wrappers ----------------------------------------------------------------------

    def store(self, store: Store) -> Store:
        return cast(Store, _Store(store, self))

    def gateway(self, gateway: PaymentGateway) -> PaymentGateway:
        return cast(PaymentGateway, _Gateway(gateway, self))

    def checks(self, providers: Mapping[CheckKind, CheckProvider]) -> Mapping[CheckKind, CheckProvider]:
        return {kind: cast(CheckProvider, _Checks(inner, self)) for kind, inner in providers.items()}

    def streams(self, streams: SealedStreams) -> SealedStreams:
        return cast(SealedStreams, _Streams(streams, self))


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable after SIGKILL")


def read_steps(file: Path) -> list[Step]:
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [msgspec.json.decode(line, type=Step) for line in lines]


def read_events(file: Path) -> list[EventEnvelope]:
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [msgspec.json.decode(line, type=EventEnvelope) for line in lines]


# --- the three ports ------------------------------------------------------------------------------


class _Store:
    """A store whose collections record their writes.

    No other process writes while it is open, so an outbox that was found empty stays empty until this
    process commits events.  On MongoDB a read of the outbox queries every collection, which would take most
    of a test's time.
    """

    def __init__(self, inner: Store, recorder: StepRecorder) -> None:
        self._inner = inner
        self._recorder = recorder
        self._empty_at = -1  # number of events committed when the outbox was last found empty

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def outbox(self, *, older_than_s: float, limit: int) -> list[tuple[str, str]]:
        recorded = self._recorder.recorded
        if recorded == self._empty_at:
            return []
        waiting = await self._inner.outbox(older_than_s=older_than_s, limit=limit)
        if not waiting and older_than_s == 0:
            self._empty_at = recorded
        return waiting

    def collection(self, spec: CollectionSpec[D]) -> Collection[D]:
        return cast(Collection[D], _Collection(self._inner.collection(spec), self._recorder))

    def get_collection(self, name: str) -> Collection[Any]:
        return cast(Collection[Any], _Collection(self._inner.get_collection(name), self._recorder))


class _Collection:
    """A collection that records its writes and passes reads on."""

    def __init__(self, inner: Collection[Any], recorder: StepRecorder) -> None:
        self._inner = inner
        self._recorder = recorder
        self._name = inner.spec.name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def scan(self, where: Where | None = None, *, batch: int = 500) -> AsyncIterator[Any]:
        return self._inner.scan(where, batch=batch)

    async def find(self, where: Where | None = None, **how: Any) -> Page[Any]:
        return await self._inner.find(where, **how)

    async def insert(self, document: Any, recorded: PendingEvents | None = None) -> Any:
        return await self._recorder.step(
            lambda stored: f"{self._name}: inserted{_state(stored)}{_events_in(recorded)}",
            lambda: self._inner.insert(document, recorded),
            lambda stored: self._events(stored, recorded),
        )

    async def save(self, document: Any, recorded: PendingEvents | None = None) -> Any:
        return await self._recorder.step(
            lambda stored: f"{self._name}: saved{_state(stored)}{_events_in(recorded)}",
            lambda: self._inner.save(document, recorded),
            lambda stored: self._events(stored, recorded),
        )

    async def insert_many(self, documents: Sequence[Any]) -> int:
        kinds = ", ".join(str(getattr(d, "name", None) or getattr(d, "kind", "")) for d in documents)
        return await self._recorder.step(
            lambda stored: f"{self._name}: inserted {kinds}".rstrip(),
            lambda: self._inner.insert_many(documents),
        )

    async def delete(self, id: str, version: int) -> None:
        await self._recorder.step(lambda _: f"{self._name}: deleted", lambda: self._inner.delete(id, version))

    async def mark_published(self, event: EventEnvelope) -> None:
        # Every consumer is done with the event, so the step belongs to the relay.
        with attributed_to("relay"):
            await self._recorder.step(
                lambda _: f"{self._name}: {_name(event.event)} leaves the outbox",
                lambda: self._inner.mark_published(event),
            )

    def _events(self, stored: Any, recorded: PendingEvents | None) -> Sequence[EventEnvelope]:
        return recorded.envelopes(self._name, stored.id, stored.version) if recorded else ()


def _state(document: Any) -> str:
    """The document's state, if it has one."""
    state = getattr(document, "status", None) or getattr(document, "state", None)
    running = ", running" if getattr(document, "running", False) else ""
    return f" {state}{running}" if isinstance(state, str) else ""


def _events_in(recorded: PendingEvents | None) -> str:
    return " with " + ", ".join(_name(event) for event in recorded.events) if recorded else ""


def _name(event: object) -> str:
    return type(event).__name__


_STRIPE_REQUESTS = frozenset(
    {"create_customer", "attach", "detach", "hold", "capture", "cancel", "retrieve", "find"}
)


class _Gateway:
    """A payment gateway that records its requests."""

    def __init__(self, inner: PaymentGateway, recorder: StepRecorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name not in _STRIPE_REQUESTS:
            return method

        async def recorded(*args: Any, **kwargs: Any) -> Any:
            return await self._recorder.step(
                lambda result: f"Stripe: {name}{_outcome(result)}",
                lambda: method(*args, **kwargs),
                failures=GatewayError,
            )

        return recorded


def _outcome(result: Any) -> str:
    if isinstance(result, GatewayError):
        return f" → {type(result).__name__}"
    return f" → {result.status}" if isinstance(result, Intent) else ""


class _Checks:
    """A provider of checks that records its requests."""

    def __init__(self, inner: CheckProvider, recorder: StepRecorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name not in ("order", "read"):
            return method

        async def recorded(*args: Any) -> Any:
            return await self._recorder.step(
                lambda result: f"provider of checks: {name} → {getattr(result, 'status', 'unavailable')}",
                lambda: method(*args),
                failures=CheckUnavailable,
            )

        return recorded


class _Streams:
    """Streams that record their appends."""

    def __init__(self, inner: SealedStreams, recorder: StepRecorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def append(self, entries: Sequence[Publication]) -> list[str | None]:
        names = ", ".join(dict.fromkeys(entry.name for entry in entries))
        return await self._recorder.step(
            lambda _: f"streams: {names} appended", lambda: self._inner.append(entries)
        )


# --- attribution -----------------------------------------------------------------------------


def named_consumers(consumers: Sequence[Consumer]) -> list[Consumer]:
    """The same consumers, with their steps recorded under their names."""

    def naming(consumer: Consumer) -> Consumer:
        async def handle(event: EventEnvelope) -> None:
            with attributed_to(f"consumer {consumer.name}"):
                await consumer.handle(event)

        return replace(consumer, handle=handle)

    return [naming(consumer) for consumer in consumers]


def named_handlers(handlers: Sequence[JobHandler]) -> list[JobHandler]:
    def naming(handler: JobHandler) -> JobHandler:
        async def handle(payload: bytes) -> None:
            with attributed_to(f"job {handler.name}"):
                await handler.handle(payload)

        return replace(handler, handle=handle)

    return [naming(handler) for handler in handlers]


def named_deadlines(deadlines: Sequence[Deadline]) -> list[Deadline]:
    def naming(deadline: Deadline) -> Deadline:
        async def fire(document_id: str) -> None:
            with attributed_to(f"deadline {deadline.spec.name}"):
                await deadline.fire(document_id)

        return replace(deadline, fire=fire)

    return [naming(deadline) for deadline in deadlines]


def named_periodic_tasks(periodic_tasks: Sequence[PeriodicTask]) -> list[PeriodicTask]:
    def naming(periodic_task: PeriodicTask) -> PeriodicTask:
        async def run() -> None:
            with attributed_to(f"periodic task {periodic_task.name}"):
                await periodic_task.run()

        return replace(periodic_task, run=run)

    return [naming(periodic_task) for periodic_task in periodic_tasks]
