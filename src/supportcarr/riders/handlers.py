"""Event consumers of riders."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import RescueEnded
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.riders.service import RiderService


def consumers(service: RiderService) -> list[Consumer]:
    """Release the rider when the rescue ends."""

    async def release(envelope: EventEnvelope) -> None:
        ended = envelope.event
        assert isinstance(ended, RescueEnded)
        await service.release(ended.rider_id, ended.rescue_id)

    return [Consumer("riders.release_claim", (RescueEnded,), release, Phase.REACTION)]
