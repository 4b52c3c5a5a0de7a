"""Periodic tasks of files."""

from __future__ import annotations

from supportcarr.files.removal import FileRemoval
from supportcarr.kit.jobs.declarations import PeriodicTask

COLLECT_SECONDS = 600.0
SWEEP_SECONDS = 6 * 3600.0


def periodic_tasks(removal: FileRemoval) -> list[PeriodicTask]:
    """The collection of files that nobody needs, and of objects that no document knows."""

    async def sweep_objects() -> None:
        await removal.sweep_objects()

    return [
        PeriodicTask("files.collect", COLLECT_SECONDS, removal.collect),
        PeriodicTask("files.sweep_objects", SWEEP_SECONDS, sweep_objects),
    ]
