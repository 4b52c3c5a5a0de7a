"""The facts that the console's read models are built from."""

from __future__ import annotations

from supportcarr.contracts.events import PaymentProcessed, RescueMoved
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.operations.service import OperationsService


def consumers(service: OperationsService) -> list[Consumer]:
    """Quick: one row is written."""
    return [Consumer("operations.follow", (RescueMoved, PaymentProcessed), service.apply, Phase.PROJECTION)]
