"""The domain events that tracking reacts to."""

from __future__ import annotations

from supportcarr.contracts.events import JobStarted, MatchingBegan, RescueAssigned, RescueEnded
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.tracking.service import TrackingService


def consumers(service: TrackingService) -> list[Consumer]:
    """A quick consumer that updates one document: the driver's current job."""
    events = (MatchingBegan, RescueAssigned, JobStarted, RescueEnded)
    return [Consumer("tracking.update_current_jobs", events, service.apply_rescue_event, Phase.PROJECTION)]
