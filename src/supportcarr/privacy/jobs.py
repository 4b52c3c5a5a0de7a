"""Deadlines and periodic tasks of privacy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from supportcarr.kit.jobs.declarations import Deadline, PeriodicTask
from supportcarr.privacy.collections import DELETIONS
from supportcarr.privacy.deletions import DeletionService

RETENTION_SECONDS = 3600.0


def deadlines(deletions: DeletionService) -> list[Deadline]:
    """Ends of grace periods."""
    return [Deadline(DELETIONS, deletions.on_due, every_s=10)]


def periodic_tasks(enforce_retention: Callable[[], Awaitable[None]]) -> list[PeriodicTask]:
    """The removal of what has been kept for as long as it may be."""
    return [PeriodicTask("privacy.enforce_retention", RETENTION_SECONDS, enforce_retention)]
