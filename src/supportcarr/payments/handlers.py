"""What payments does when a rescue begins and ends."""

from __future__ import annotations

from supportcarr.contracts.events import Event, RescueEnded, RescueRequested
from supportcarr.kit.jobs.declarations import Consumer
from supportcarr.payments.service import Payments


def consumers(service: Payments) -> list[Consumer]:
    """Both talk to Stripe, so both are slow."""

    async def hold(event: Event) -> None:
        if isinstance(event.fact, RescueRequested):
            await service.hold(event.fact)

    async def settle(event: Event) -> None:
        if isinstance(event.fact, RescueEnded):
            await service.settle(event.fact)

    return [
        Consumer("payments.hold", (RescueRequested,), hold, slow=True),
        Consumer("payments.settle", (RescueEnded,), settle, slow=True),
    ]
