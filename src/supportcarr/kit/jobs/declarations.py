"""Work that happens beside a request: what parts declare, and the runners of the kit carry out.

- a ``Consumer`` reacts to facts.  A quick one runs in the relay, at once, in the process that saved;
  a slow one (it talks to somebody outside) becomes a job.  Either may run again after a crash, so
  its memory of what it applied sits in the very write that is its effect.
- a ``JobHandler`` does work that a service asked for under a key of its own.
- a ``Deadline`` fires for each document of a collection whose ``due_at`` (city time) has come, maybe
  in several processes at once: its effect is a compare-and-set.
- a ``PeriodicTask`` runs again and again in whichever worker holds its lease.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from supportcarr.contracts.envelope import DomainEvent, EventEnvelope
from supportcarr.kit.store.port import CollectionSpec


class RetryLater(Exception):
    """An expected retry: run this again after that many wall seconds.  Not a failure."""

    def __init__(self, seconds: float, why: str) -> None:
        self.seconds, self.why = seconds, why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Consumer:
    """``facts`` may name base classes; ``name`` is ``part.what_it_does`` and never changes."""

    name: str
    events: tuple[type[DomainEvent], ...]
    handle: Callable[[EventEnvelope], Awaitable[None]]
    slow: bool = False


@dataclass(frozen=True, slots=True)
class JobHandler:
    """``handle`` is given the payload (JSON bytes) that ``Jobs.add`` was given."""

    name: str
    handle: Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Deadline:
    """``fire`` is given the id of a document whose ``due_at`` has come."""

    spec: CollectionSpec[Any]
    fire: Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """``run`` is called about every ``every_s`` seconds (of the city's clock if ``city``)."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[None]]
    city: bool = False
