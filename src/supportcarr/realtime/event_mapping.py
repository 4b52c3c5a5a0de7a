"""Which fact goes to whose stream, as which socket event: a pure table.

A payload that the fact itself does not carry (an offer, a message, a notification: words, places) is
named here as a ``View`` and loaded from the part that owns it when it is appended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import (
    AnyEvent,
    MatchingBegan,
    MessageSent,
    NotificationCreated,
    OfferClosed,
    OfferMade,
    PaymentProcessed,
    RescueAssigned,
    RescueMoved,
)
from supportcarr.realtime import messages
from supportcarr.realtime.messages import OfferOutcome, PaymentUpdate, StatusUpdate

STREAMED_EVENTS = (RescueMoved, PaymentProcessed, OfferMade, OfferClosed, MessageSent, NotificationCreated)


class PayloadRef(msgspec.Struct, frozen=True):
    """A payload that its part shows: the wire's view of the thing with that id."""

    kind: Literal["offer", "message", "notification"]
    id: str


Payload = StatusUpdate | PaymentUpdate | OfferOutcome | PayloadRef


class StreamMessage(msgspec.Struct, frozen=True):
    """What some streams are told."""

    streams: tuple[str, ...]
    name: str
    payload: Payload


def user_stream(user_id: str) -> str:
    return f"user:{user_id}"


def ops_stream(area_id: str) -> str:
    return f"ops:{area_id}"


def to_stream_messages(event: EventEnvelope) -> Iterator[StreamMessage]:
    """What *event* puts on which streams: each stream is named at most once."""
    fact: AnyEvent = event.event
    match fact:
        case RescueMoved():
            yield from _status(fact, event.document_version)
        case PaymentProcessed():
            payment = PaymentUpdate(
                rescue_id=fact.rescue_id,
                payment_id=fact.payment_id,
                kind=fact.kind,
                amount_minor=fact.amount_minor,
                currency=fact.currency,
                status=fact.status,
                reason=fact.reason,
            )
            people = _people(fact.rider_id, fact.driver_id, fact.area_id)
            yield StreamMessage(people, messages.PAYMENT_PROCESSED, payment)
        case OfferMade():
            offer = PayloadRef("offer", fact.offer_id)
            yield StreamMessage((user_stream(fact.driver_id),), messages.OFFER_NEW, offer)
        case OfferClosed():
            closing = OfferOutcome(offer_id=fact.offer_id, rescue_id=fact.rescue_id, outcome=fact.outcome)
            yield StreamMessage((user_stream(fact.driver_id),), messages.OFFER_CLOSED, closing)
        case MessageSent():
            message = PayloadRef("message", fact.message_id)
            people = _people(fact.rider_id, fact.driver_id, fact.area_id)
            yield StreamMessage(people, messages.MESSAGE_NEW, message)
        case NotificationCreated():
            notification = PayloadRef("notification", fact.notification_id)
            yield StreamMessage((user_stream(fact.user_id),), messages.NOTIFICATION_NEW, notification)
        case _:
            return


def _status(fact: RescueMoved, version: int) -> Iterator[StreamMessage]:
    update = StatusUpdate(
        rescue_id=fact.rescue_id,
        status=fact.status,
        version=version,
        previous=fact.previous,
        reason=fact.reason,
    )
    people = _people(fact.rider_id, fact.driver_id, fact.area_id)
    if isinstance(fact, MatchingBegan) and fact.given_up_by is not None:
        gave_up = user_stream(fact.given_up_by)
        people += () if gave_up in people else (gave_up,)
    yield StreamMessage(people, messages.STATUS_UPDATE, update)
    if isinstance(fact, RescueAssigned) and fact.previous_driver_id not in (None, fact.driver_id):
        # The status alone would not tell them that it is no longer theirs.
        lost = msgspec.structs.replace(update, reason=update.reason or "exchanged")
        yield StreamMessage((user_stream(fact.previous_driver_id or ""),), messages.STATUS_UPDATE, lost)


def _people(rider_id: str, driver_id: str | None, area_id: str) -> tuple[str, ...]:
    if driver_id is None or driver_id == rider_id:
        return user_stream(rider_id), ops_stream(area_id)
    return user_stream(rider_id), user_stream(driver_id), ops_stream(area_id)
