"""Which domain event goes to which streams."""

from __future__ import annotations

import msgspec

from support.rescues import events
from supportcarr.contracts.events import (
    AnyEvent,
    DriverAttentionNeeded,
    MessageSent,
    NotificationCreated,
    OfferClosed,
    OfferMade,
    RescuePhotoTaken,
    UserSignedUp,
)
from supportcarr.realtime.event_mapping import PayloadRef, StreamMessage, to_stream_messages
from supportcarr.realtime.messages import (
    SOCKET_EVENTS,
    DriverAttention,
    OfferOutcome,
    PaymentUpdate,
    PhotoUpdate,
    StatusUpdate,
)

RIDER, DRIVER, OTHER = (f"user:{person}" for person in (events.RIDER, events.DRIVER, events.OTHER_DRIVER))
OPS = f"ops:{events.AREA}"
OFFER = "off_01jdc0000000000000000000f1"


def messages_by_stream(event: AnyEvent, version: int = 4) -> dict[str, StreamMessage]:
    named = [
        (stream, entry)
        for entry in to_stream_messages(events.envelope(event, version))
        for stream in entry.streams
    ]
    by_stream = dict(named)
    assert len(by_stream) == len(named), "each stream gets an event once"
    return by_stream


def test_a_status_change_goes_to_rider_driver_and_operators() -> None:
    entries = messages_by_stream(events.departed(), version=4)
    assert set(entries) == {RIDER, DRIVER, OPS}
    update = StatusUpdate(rescue_id=events.RESCUE, status="en_route", version=4, previous="assigned")
    message = StreamMessage((RIDER, DRIVER, OPS), "rescue:status_update", update)
    assert all(entry == message for entry in entries.values())


def test_a_status_change_without_a_driver_goes_to_rider_and_operators() -> None:
    assert set(messages_by_stream(events.requested())) == {RIDER, OPS}


def test_what_waits_of_a_driver_is_told_to_operators_alone() -> None:
    event = DriverAttentionNeeded(driver_id=events.DRIVER, area_id=events.AREA, reason="check")
    [(stream, message)] = messages_by_stream(event).items()
    assert (stream, message.name) == (OPS, "driver:attention")
    assert message.payload == DriverAttention(driver_id=events.DRIVER, reason="check")


def test_the_first_status_has_no_previous_one() -> None:
    (rider, _) = messages_by_stream(events.requested(), version=1).values()
    assert msgspec.to_builtins(rider.payload) == {
        "rescue_id": events.RESCUE,
        "status": "requested",
        "version": 1,
        "previous": None,
    }


def test_a_driver_who_gave_up_gets_the_status_change() -> None:
    entries = messages_by_stream(events.matching(entry=2, given_up_by=events.DRIVER, previous="assigned"))
    assert set(entries) == {RIDER, DRIVER, OPS}
    assert len({id(entry) for entry in entries.values()}) == 1, "all get the same message"


def test_an_exchanged_driver_gets_the_reason() -> None:
    entries = messages_by_stream(events.assigned(driver=events.OTHER_DRIVER, previous_driver=events.DRIVER))
    assert set(entries) == {RIDER, DRIVER, OTHER, OPS}
    reasons = {stream: getattr(entry.payload, "reason", None) for stream, entry in entries.items()}
    assert reasons == {RIDER: None, DRIVER: "exchanged", OTHER: None, OPS: None}


def test_a_final_status_carries_its_reason() -> None:
    payload = messages_by_stream(events.cancelled())[RIDER].payload
    assert isinstance(payload, StatusUpdate)
    assert (payload.status, payload.reason) == ("cancelled", "changed_my_mind")


def test_a_payment_goes_to_rider_driver_and_operators() -> None:
    entries = messages_by_stream(events.paid())
    assert set(entries) == {RIDER, DRIVER, OPS}
    assert entries[RIDER].name == "payment:processed"
    assert entries[RIDER].payload == PaymentUpdate(
        rescue_id=events.RESCUE,
        payment_id=events.PAYMENT,
        kind="capture",
        amount_minor=3150,
        currency="CAD",
        status="succeeded",
    )


def test_offers_go_to_their_driver_only() -> None:
    made = OfferMade(
        offer_id=OFFER,
        rescue_id=events.RESCUE,
        driver_id=events.DRIVER,
        area_id=events.AREA,
        expires_at=events.START,
    )
    closed = OfferClosed(
        offer_id=OFFER,
        rescue_id=events.RESCUE,
        driver_id=events.DRIVER,
        area_id=events.AREA,
        outcome="expired",
    )
    assert messages_by_stream(made) == {
        DRIVER: StreamMessage((DRIVER,), "offer:new", PayloadRef("offer", OFFER))
    }
    closing = OfferOutcome(offer_id=OFFER, rescue_id=events.RESCUE, outcome="expired")
    assert messages_by_stream(closed) == {DRIVER: StreamMessage((DRIVER,), "offer:closed", closing)}


def test_a_message_goes_to_rider_driver_and_operators() -> None:
    sent = MessageSent(
        message_id="msg_1",
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        sender_id=events.DRIVER,
        driver_id=events.DRIVER,
    )
    entries = messages_by_stream(sent)
    assert set(entries) == {RIDER, DRIVER, OPS}
    assert {entry.payload for entry in entries.values()} == {PayloadRef("message", "msg_1")}


def test_a_photo_goes_to_rider_driver_and_operators() -> None:
    taken = RescuePhotoTaken(
        photo_id="pho_1",
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        stage="before",
        taken_by="driver",
        damage=True,
        driver_id=events.DRIVER,
    )
    entries = messages_by_stream(taken)
    assert set(entries) == {RIDER, DRIVER, OPS}
    update = PhotoUpdate(
        photo_id="pho_1", rescue_id=events.RESCUE, stage="before", taken_by="driver", damage=True
    )
    assert {entry.payload for entry in entries.values()} == {update}


def test_a_notification_goes_to_its_person_only() -> None:
    created = NotificationCreated(notification_id="ntf_1", user_id=events.RIDER)
    assert messages_by_stream(created) == {
        RIDER: StreamMessage((RIDER,), "notification:new", PayloadRef("notification", "ntf_1"))
    }


def test_other_events_are_not_streamed() -> None:
    assert messages_by_stream(UserSignedUp(user_id=events.RIDER, role="rider")) == {}


def test_every_mapped_name_is_declared_as_an_event_of_a_stream() -> None:
    declared = {event.name for event in SOCKET_EVENTS if event.stream}
    mapped_names = {entry.name for event in events.whole_life() for entry in to_stream_messages(event)}
    assert mapped_names == {"rescue:status_update", "payment:processed"}
    assert mapped_names <= declared
