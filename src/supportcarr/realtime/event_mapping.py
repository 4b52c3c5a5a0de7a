"""Which domain event goes to which streams, as which socket event.  Pure.

A payload that the event does not carry (an offer, a message, a notification) is a ``PayloadRef``: the
publisher loads it from the part that owns it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import (
    AnyEvent,
    DriverAttentionNeeded,
    MatchingBegan,
    MessageSent,
    NotificationCreated,
    OfferClosed,
    OfferMade,
    PaymentProcessed,
    RescueAssigned,
    RescueMoved,
    RescuePhotoTaken,
)
from supportcarr.realtime import messages
from supportcarr.realtime.messages import (
    AttentionReason,
    DriverAttention,
    OfferOutcome,
    PaymentUpdate,
    PhotoUpdate,
    StatusUpdate,
)

STREAMED_EVENTS = (
    RescueMoved,
    PaymentProcessed,
    OfferMade,
    OfferClosed,
    MessageSent,
    NotificationCreated,
    RescuePhotoTaken,
    DriverAttentionNeeded,
)


class PayloadRef(msgspec.Struct, frozen=True):
    """A payload to load by the id of the document it shows."""

    kind: Literal["offer", "message", "notification"]
    id: str


Payload = StatusUpdate | PaymentUpdate | OfferOutcome | PhotoUpdate | DriverAttention | PayloadRef


class StreamMessage(msgspec.Struct, frozen=True):
    """A socket event for some streams."""

    streams: tuple[str, ...]
    name: str
    payload: Payload


def user_stream(user_id: str) -> str:
    """The stream of one person."""
    return f"user:{user_id}"


def ops_stream(area_id: str) -> str:
    """The stream of a service area, for operators."""
    return f"ops:{area_id}"


def to_stream_messages(envelope: EventEnvelope) -> Iterator[StreamMessage]:
    """The messages for an event; each stream appears at most once."""
    event: AnyEvent = envelope.event
    match event:
        case RescueMoved():
            yield from _status_updates(event, envelope.document_version)
        case PaymentProcessed():
            payment = PaymentUpdate(
                rescue_id=event.rescue_id,
                payment_id=event.payment_id,
                kind=event.kind,
                amount_minor=event.amount_minor,
                currency=event.currency,
                status=event.status,
                reason=event.reason,
            )
            streams = _participants(event.rider_id, event.driver_id, event.area_id)
            yield StreamMessage(streams, messages.PAYMENT_PROCESSED, payment)
        case OfferMade():
            offer = PayloadRef("offer", event.offer_id)
            yield StreamMessage((user_stream(event.driver_id),), messages.OFFER_NEW, offer)
        case OfferClosed():
            outcome = OfferOutcome(offer_id=event.offer_id, rescue_id=event.rescue_id, outcome=event.outcome)
            yield StreamMessage((user_stream(event.driver_id),), messages.OFFER_CLOSED, outcome)
        case MessageSent():
            message = PayloadRef("message", event.message_id)
            streams = _participants(event.rider_id, event.driver_id, event.area_id)
            yield StreamMessage(streams, messages.MESSAGE_NEW, message)
        case RescuePhotoTaken():
            photo = PhotoUpdate(
                photo_id=event.photo_id,
                rescue_id=event.rescue_id,
                stage=event.stage,
                taken_by=event.taken_by,
                damage=event.damage,
            )
            streams = _participants(event.rider_id, event.driver_id, event.area_id)
            yield StreamMessage(streams, messages.PHOTO_NEW, photo)
        case NotificationCreated():
            notification = PayloadRef("notification", event.notification_id)
            yield StreamMessage((user_stream(event.user_id),), messages.NOTIFICATION_NEW, notification)
        case DriverAttentionNeeded():
            attention = DriverAttention(
                driver_id=event.driver_id, reason=msgspec.convert(event.reason, AttentionReason)
            )
            yield StreamMessage((ops_stream(event.area_id),), messages.DRIVER_ATTENTION, attention)
        case _:
            return


def _status_updates(event: RescueMoved, version: int) -> Iterator[StreamMessage]:
    update = StatusUpdate(
        rescue_id=event.rescue_id,
        status=event.status,
        version=version,
        previous=event.previous,
        reason=event.reason,
    )
    streams = _participants(event.rider_id, event.driver_id, event.area_id)
    if isinstance(event, MatchingBegan) and event.given_up_by is not None:
        former_driver = user_stream(event.given_up_by)
        streams += () if former_driver in streams else (former_driver,)
    yield StreamMessage(streams, messages.STATUS_UPDATE, update)
    if isinstance(event, RescueAssigned) and event.previous_driver_id not in (None, event.driver_id):
        # The status alone would not tell the previous driver that the job is no longer theirs.
        replaced = msgspec.structs.replace(update, reason=update.reason or "exchanged")
        former = (user_stream(event.previous_driver_id or ""),)
        yield StreamMessage(former, messages.STATUS_UPDATE, replaced)


def _participants(rider_id: str, driver_id: str | None, area_id: str) -> tuple[str, ...]:
    """The streams of the rider, the driver if there is one, and the area's operators."""
    if driver_id is None or driver_id == rider_id:
        return user_stream(rider_id), ops_stream(area_id)
    return user_stream(rider_id), user_stream(driver_id), ops_stream(area_id)
