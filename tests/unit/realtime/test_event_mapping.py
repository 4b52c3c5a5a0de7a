"""The table of the feed: which fact goes to whose stream."""

from __future__ import annotations

import msgspec

from support.rescues import events
from supportcarr.contracts.events import (
    AnyEvent,
    MessageSent,
    NotificationCreated,
    OfferClosed,
    OfferMade,
    UserSignedUp,
)
from supportcarr.realtime.event_mapping import PayloadRef, StreamMessage, to_stream_messages
from supportcarr.realtime.messages import SOCKET_EVENTS, OfferOutcome, PaymentUpdate, StatusUpdate

RIDER, DRIVER, OTHER = (f"user:{person}" for person in (events.RIDER, events.DRIVER, events.OTHER_DRIVER))
OPS = f"ops:{events.AREA}"
OFFER = "off_01jdc0000000000000000000f1"


def fed(fact: AnyEvent, version: int = 4) -> dict[str, StreamMessage]:
    named = [
        (stream, entry)
        for entry in to_stream_messages(events.envelope(fact, version))
        for stream in entry.streams
    ]
    by_stream = dict(named)
    assert len(by_stream) == len(named), "a stream gets an event once"
    return by_stream


def test_a_change_of_status_goes_to_rider_driver_and_operators() -> None:
    entries = fed(events.departed(), version=4)
    assert set(entries) == {RIDER, DRIVER, OPS}
    update = StatusUpdate(rescue_id=events.RESCUE, status="en_route", version=4, previous="assigned")
    told = StreamMessage((RIDER, DRIVER, OPS), "rescue:status_update", update)
    assert all(entry == told for entry in entries.values())


def test_without_a_driver_it_goes_to_the_rider_and_operators() -> None:
    assert set(fed(events.requested())) == {RIDER, OPS}


def test_the_first_status_has_no_previous_one() -> None:
    (rider, _) = fed(events.requested(), version=1).values()
    assert msgspec.to_builtins(rider.payload) == {
        "rescue_id": events.RESCUE,
        "status": "requested",
        "version": 1,
        "previous": None,
    }


def test_a_driver_who_gave_it_up_is_told_as_well() -> None:
    entries = fed(events.matching(entry=2, given_up_by=events.DRIVER, previous="assigned"))
    assert set(entries) == {RIDER, DRIVER, OPS}
    assert len({id(entry) for entry in entries.values()}) == 1, "all are told the same, at once"


def test_a_driver_who_lost_it_in_an_exchange_is_told_why() -> None:
    entries = fed(events.assigned(driver=events.OTHER_DRIVER, previous_driver=events.DRIVER))
    assert set(entries) == {RIDER, DRIVER, OTHER, OPS}
    reasons = {stream: getattr(entry.payload, "reason", None) for stream, entry in entries.items()}
    assert reasons == {RIDER: None, DRIVER: "exchanged", OTHER: None, OPS: None}


def test_an_end_carries_its_reason() -> None:
    payload = fed(events.cancelled())[RIDER].payload
    assert isinstance(payload, StatusUpdate)
    assert (payload.status, payload.reason) == ("cancelled", "changed_my_mind")


def test_a_payment_goes_to_rider_driver_and_operators() -> None:
    entries = fed(events.paid())
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


def test_offers_go_to_their_driver_alone() -> None:
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
    assert fed(made) == {DRIVER: StreamMessage((DRIVER,), "offer:new", PayloadRef("offer", OFFER))}
    closing = OfferOutcome(offer_id=OFFER, rescue_id=events.RESCUE, outcome="expired")
    assert fed(closed) == {DRIVER: StreamMessage((DRIVER,), "offer:closed", closing)}


def test_a_message_goes_to_the_rescue_s_people_and_operators() -> None:
    sent = MessageSent(
        message_id="msg_1",
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        sender_id=events.DRIVER,
        driver_id=events.DRIVER,
    )
    entries = fed(sent)
    assert set(entries) == {RIDER, DRIVER, OPS}
    assert {entry.payload for entry in entries.values()} == {PayloadRef("message", "msg_1")}


def test_a_notification_goes_to_its_person_alone() -> None:
    created = NotificationCreated(notification_id="ntf_1", user_id=events.RIDER)
    assert fed(created) == {
        RIDER: StreamMessage((RIDER,), "notification:new", PayloadRef("notification", "ntf_1"))
    }


def test_other_facts_go_nowhere() -> None:
    assert fed(UserSignedUp(user_id=events.RIDER, role="rider")) == {}


def test_every_name_of_the_feed_is_declared_as_an_event_of_a_stream() -> None:
    declared = {event.name for event in SOCKET_EVENTS if event.stream}
    fed_names = {entry.name for event in events.whole_life() for entry in to_stream_messages(event)}
    assert fed_names == {"rescue:status_update", "payment:processed"}
    assert fed_names <= declared
