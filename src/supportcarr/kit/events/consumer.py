"""Declare the consumers of domain events, and their order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import msgspec

from supportcarr.contracts.envelope import DomainEvent, EventEnvelope
from supportcarr.kit.jobs.declarations import JobHandler


class Phase(IntEnum):
    """When a consumer of an event runs, relative to its other consumers.

    Consumers of a later phase run after those of earlier phases, so that a client that is notified of an
    event and reads at once finds its effects.  Within a phase the order must not matter.
    """

    REACTION = 0  # changes what may happen next: claims, offers, the state of a rescue
    PROJECTION = 1  # updates what is derived from events and read by queries
    DELIVERY = 2  # sends events to people


@dataclass(frozen=True, slots=True)
class Consumer:
    """Reacts to events of the types *events*, or of their subclasses.

    ``name`` is ``part.what_it_does`` and never changes: job documents hold it.  A quick consumer runs
    in the relay, in the process that saved the event.  A slow one (it calls another service) becomes a
    job, which is stored after the quick ones have run.  Either may run again after a crash, so the
    write that is its effect must also record that the event was applied.
    """

    name: str
    events: tuple[type[DomainEvent], ...]
    handle: Callable[[EventEnvelope], Awaitable[None]]
    phase: Phase
    slow: bool = False

    @property
    def order(self) -> tuple[bool, Phase]:
        """Sort key of the order in which consumers of one event are called."""
        return self.slow, self.phase


def job_handlers_of(consumers: Sequence[Consumer]) -> list[JobHandler]:
    """The handlers of the jobs that the relay adds for slow consumers: their payload is the event."""
    return [JobHandler(consumer.name, _decoding(consumer)) for consumer in consumers if consumer.slow]


def _decoding(consumer: Consumer) -> Callable[[bytes], Awaitable[None]]:
    decode = msgspec.json.Decoder(EventEnvelope).decode

    async def handle(payload: bytes) -> None:
        await consumer.handle(decode(payload))

    return handle
