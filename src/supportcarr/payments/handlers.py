"""Event consumers of payments."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import RescueEnded, RescueRequested
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.payments.service import PaymentService


def consumers(service: PaymentService) -> list[Consumer]:
    """Hold when a rescue is requested, settle when it ends.  Both call Stripe, so both are slow."""

    async def hold(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, RescueRequested):
            await service.hold(envelope.event)

    async def settle(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, RescueEnded):
            await service.settle(envelope.event)

    return [
        Consumer("payments.hold", (RescueRequested,), hold, Phase.REACTION, slow=True),
        Consumer("payments.settle", (RescueEnded,), settle, Phase.REACTION, slow=True),
    ]
