"""What riders do when something happened elsewhere."""

from __future__ import annotations

from supportcarr.contracts.events import Event, RescueEnded
from supportcarr.kit.jobs.declarations import Consumer
from supportcarr.riders.service import RiderService


def consumers(service: RiderService) -> list[Consumer]:
    async def release(event: Event) -> None:
        fact = event.fact
        assert isinstance(fact, RescueEnded)
        await service.release(fact.rider_id, fact.rescue_id)

    return [Consumer("riders.release_claim", (RescueEnded,), release)]
