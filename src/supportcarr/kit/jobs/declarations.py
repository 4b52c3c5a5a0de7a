"""Work besides requests: parts declare it, the runners of ``kit.jobs`` run it in worker processes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from supportcarr.kit.store.port import CollectionSpec


@dataclass(frozen=True, slots=True)
class JobHandler:
    """Does the jobs of that name.

    ``handle`` receives the payload (JSON bytes) that was passed to ``Jobs.add``.  It may run again
    after a crash, so it must be idempotent.
    """

    name: str
    handle: Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Deadline:
    """Calls ``fire`` with the id of each document of a collection whose ``due_at`` (city time) has come.

    Several processes may fire the same deadline at once: its effect must be a compare-and-set.

    Each worker looks every ``every_s`` (city seconds) for what is due until after the next look.  So it fires
    at the moment, if the document was stored that long before, and else at most that much late.
    """

    spec: CollectionSpec[Any]
    fire: Callable[[str], Awaitable[None]]
    every_s: float


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """Calls ``run`` about every ``every_s`` seconds, in the worker that holds the task's lease.

    The seconds are wall time, or city time if ``city`` is set.
    """

    name: str
    every_s: float
    run: Callable[[], Awaitable[None]]
    city: bool = False
