"""Event consumers of dispatch."""

from __future__ import annotations

from supportcarr.contracts.events import (
    DriverStandingChanged,
    MatchingBegan,
    RescueAssigned,
    RescueEnded,
)
from supportcarr.dispatch.service import DispatchService
from supportcarr.kit.events.consumer import Consumer, Phase


def consumers(service: DispatchService) -> list[Consumer]:
    """Follow rescues and drivers."""
    return [
        Consumer(
            "dispatch.follow_rescues",
            (MatchingBegan, RescueAssigned, RescueEnded),
            service.follow_rescue,
            Phase.REACTION,
        ),
        Consumer("dispatch.follow_drivers", (DriverStandingChanged,), service.follow_driver, Phase.REACTION),
    ]
