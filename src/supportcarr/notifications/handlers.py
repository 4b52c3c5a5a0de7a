"""The facts that people are told of."""

from __future__ import annotations

from supportcarr.contracts.events import (
    DriverStandingChanged,
    PaymentProcessed,
    PinLocked,
    PinRenewed,
    RescueMoved,
)
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.notifications.service import NotificationsService


def consumers(service: NotificationsService) -> list[Consumer]:
    """Quick: a notification is one insert under an id that the event determines."""
    facts = (RescueMoved, PaymentProcessed, PinLocked, PinRenewed, DriverStandingChanged)
    return [Consumer("notifications.tell", facts, service.notify, Phase.DELIVERY)]
