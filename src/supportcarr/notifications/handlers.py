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
    NotificationToBeSent,
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
from supportcarr.notifications.service import NotificationsService


def consumers(service: NotificationsService, delivery: NotificationDelivery) -> list[Consumer]:
    """A quick consumer: a notification is one insert, with an id derived from the event.

    A slow one sends some of them by other channels, too.
    """

    async def send(envelope: EventEnvelope) -> None:
        if isinstance(envelope.event, NotificationToBeSent):
            await delivery.send(envelope.event)

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
        Consumer("notifications.send", (NotificationToBeSent,), send, Phase.DELIVERY, slow=True),
    ]
