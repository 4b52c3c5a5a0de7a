"""What rescues do when something happened elsewhere."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import PaymentProcessed, RescueRequested
from supportcarr.kit.jobs.declarations import Consumer
from supportcarr.rescues.service import RescueService


def consumers(service: RescueService) -> list[Consumer]:
    async def confirm_claim(event: EventEnvelope) -> None:
        assert isinstance(event.event, RescueRequested)
        await service.confirm_claim(event.event)

    return [
        Consumer("rescues.confirm_claim", (RescueRequested,), confirm_claim),
        Consumer("rescues.note_payment", (PaymentProcessed,), service.record_payment),
    ]
