"""The domain events that the console's read model is built from."""

from __future__ import annotations

from supportcarr.contracts.events import PaymentProcessed, RescueMoved
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.operations.service import OperationsService


def consumers(service: OperationsService) -> list[Consumer]:
    """A quick consumer: it writes one row."""
    events = (RescueMoved, PaymentProcessed)
    return [Consumer("operations.update_read_model", events, service.apply, Phase.PROJECTION)]
