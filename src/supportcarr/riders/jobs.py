"""Periodic tasks of riders."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.riders.ports import LiveRescues
from supportcarr.riders.service import RiderService

RECONCILE_SECONDS = 10.0


def periodic_tasks(service: RiderService, rescues: LiveRescues) -> list[PeriodicTask]:
    """The reconciliation of claims."""

    async def reconcile() -> None:
        await service.reconcile(rescues)

    return [PeriodicTask("riders.reconcile_claims", RECONCILE_SECONDS, reconcile)]
