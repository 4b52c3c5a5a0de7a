"""What tracking learns from others."""

from __future__ import annotations

from supportcarr.contracts.events import JobStarted, MatchingBegan, RescueAssigned, RescueEnded
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.tracking.service import TrackingService


def consumers(service: TrackingService) -> list[Consumer]:
    """Who is on which job."""
    facts = (MatchingBegan, RescueAssigned, JobStarted, RescueEnded)
    return [Consumer("tracking.follow_rescues", facts, service.apply_rescue_event, Phase.PROJECTION)]
