"""What drivers learn from others."""

from __future__ import annotations

from supportcarr.contracts.events import Event, UserSignedUp
from supportcarr.drivers.service import DriverService
from supportcarr.kit.jobs.declarations import Consumer


def consumers(service: DriverService) -> list[Consumer]:
    """A profile for each who signs up as a driver, so that operators see who waits for approval."""

    async def open_profile(event: Event) -> None:
        if isinstance(event.fact, UserSignedUp) and event.fact.role == "driver":
            await service.open_profile(event.fact.user_id)

    return [Consumer("drivers.open_profile", (UserSignedUp,), open_profile)]
