"""The domain events that cause notifications."""

from __future__ import annotations

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import (
    DeletionCancelled,
    DeletionRequested,
    DriverApplicationMoved,
    DriverDocumentReviewed,
    DriverDocumentsExpired,
    DriverDocumentsExpiring,
    DriverHoursEnding,
    DriverStandingChanged,
    ExportReady,
    FixConfirmed,
    FixProposed,
    MessageSent,
    NotificationToBeSent,
    OfferMade,
    PasswordChanged,
    PaymentProcessed,
    PhoneChanged,
    PinLocked,
    PinRenewed,
    RatingShown,
    RatingsOpened,
    RescueMoved,
    SignInAttemptsFailed,
    TotpRemoved,
)
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.notifications.delivery import NotificationDelivery
from supportcarr.notifications.push.delivery import PushQueue
from supportcarr.notifications.service import NotificationsService


def consumers(
    service: NotificationsService, delivery: NotificationDelivery, push: PushQueue
) -> list[Consumer]:
    """Quick consumers: a notification is one insert, with an id derived from the event, and what is pushed
    to browsers is a job for each.

    A slow one sends some notifications as text messages, too.
    """

    async def send(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, NotificationToBeSent):
            await delivery.send(envelope.event)

    async def push_offer(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, OfferMade):
            await push.add_offer(envelope.event)

    async def push_message(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, MessageSent):
            await push.add_message(envelope.event)

    events = (
        RescueMoved,
        PaymentProcessed,
        PinLocked,
        PinRenewed,
        FixProposed,
        FixConfirmed,
        DriverStandingChanged,
        DriverApplicationMoved,
        DriverDocumentsExpiring,
        DriverDocumentsExpired,
        DriverDocumentReviewed,
        DriverHoursEnding,
        SignInAttemptsFailed,
        DeletionRequested,
        DeletionCancelled,
        ExportReady,
        PasswordChanged,
        PhoneChanged,
        TotpRemoved,
        RatingsOpened,
        RatingShown,
    )
    return [
        Consumer("notifications.notify", events, service.notify, Phase.DELIVERY),
        Consumer("notifications.push_offer", (OfferMade,), push_offer, Phase.DELIVERY),
        Consumer("notifications.push_message", (MessageSent,), push_message, Phase.DELIVERY),
        Consumer("notifications.send", (NotificationToBeSent,), send, Phase.DELIVERY, slow=True),
    ]
