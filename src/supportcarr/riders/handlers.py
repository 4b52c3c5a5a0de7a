"""What riders do when something happened elsewhere."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import RescueEnded
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.riders.service import RiderService


def consumers(service: RiderService) -> list[Consumer]:
    async def release(event: EventEnvelope) -> None:
        fact = event.event
        assert isinstance(fact, RescueEnded)
        await service.release(fact.rider_id, fact.rescue_id)

    return [Consumer("riders.release_claim", (RescueEnded,), release, Phase.REACTION)]
