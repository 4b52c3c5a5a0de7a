"""Event consumers of riders."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import BikePhotoChanged, RescueEnded
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.riders.possession_service import BikeService
from supportcarr.riders.service import RiderService


def consumers(service: RiderService) -> list[Consumer]:
    """Release the rider when the rescue ends."""

    async def release(envelope: EventEnvelope) -> None:
        ended = envelope.event
        assert isinstance(ended, RescueEnded)
        await service.release(ended.rider_id, ended.rescue_id)

    return [Consumer("riders.release_claim", (RescueEnded,), release, Phase.REACTION)]


def bike_consumers(bikes: BikeService) -> list[Consumer]:
    """Keep the photos that bikes have, and no others."""

    async def follow_photos(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, BikePhotoChanged):
            await bikes.follow_photos(envelope.event)

    return [Consumer("riders.follow_photos", (BikePhotoChanged,), follow_photos, Phase.REACTION)]
