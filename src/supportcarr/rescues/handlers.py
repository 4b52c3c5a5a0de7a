"""Event consumers of rescues."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import PaymentProcessed, RescueRequested
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.rescues.service import RescueService


def consumers(service: RescueService) -> list[Consumer]:
    """Confirm the claim on the rider, and record payments."""

    async def confirm_claim(envelope: EventEnvelope) -> None:
        assert isinstance(envelope.event, RescueRequested)
        await service.confirm_claim(envelope.event)

    return [
        Consumer("rescues.confirm_claim", (RescueRequested,), confirm_claim, Phase.REACTION),
        Consumer("rescues.note_payment", (PaymentProcessed,), service.record_payment, Phase.REACTION),
    ]
