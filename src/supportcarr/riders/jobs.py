"""What riders do again and again."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.riders.ports import LiveRescues
from supportcarr.riders.service import RiderService

EVERY_S = 10.0


def periodic_tasks(service: RiderService, rescues: LiveRescues) -> list[PeriodicTask]:
    async def reconcile() -> None:
        await service.reconcile(rescues)

    return [PeriodicTask("riders.reconcile_claims", EVERY_S, reconcile)]
