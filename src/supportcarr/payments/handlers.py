"""What payments does when a rescue begins and ends."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import RescueEnded, RescueRequested
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.payments.service import PaymentService


def consumers(service: PaymentService) -> list[Consumer]:
    """Both talk to Stripe, so both are slow."""

    async def hold(event: EventEnvelope) -> None:
        if isinstance(event.event, RescueRequested):
            await service.hold(event.event)

    async def settle(event: EventEnvelope) -> None:
        if isinstance(event.event, RescueEnded):
            await service.settle(event.event)

    return [
        Consumer("payments.hold", (RescueRequested,), hold, Phase.REACTION, slow=True),
        Consumer("payments.settle", (RescueEnded,), settle, Phase.REACTION, slow=True),
    ]
