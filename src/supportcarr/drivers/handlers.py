"""What drivers learn from others."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import UserSignedUp
from supportcarr.drivers.service import DriverService
from supportcarr.kit.events.consumer import Consumer, Phase


def consumers(service: DriverService) -> list[Consumer]:
    """A profile for each who signs up as a driver, so that operators see who waits for approval."""

    async def open_profile(event: EventEnvelope) -> None:
        if isinstance(event.event, UserSignedUp) and event.event.role == "driver":
            await service.open_profile(event.event.user_id)

    return [Consumer("drivers.open_profile", (UserSignedUp,), open_profile, Phase.REACTION)]
