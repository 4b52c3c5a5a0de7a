"""The events of one rescue, as the parts record them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import (
    AnyEvent,
    DriverArrived,
    DriverDeparted,
    JobStarted,
    MatchingBegan,
    PaymentProcessed,
    RescueAssigned,
    RescueCancelled,
    RescueCompleted,
    RescueRequested,
)
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.money import Charge

START = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)  # 16:00 in Montreal
AREA = "montreal"
RESCUE = "res_qc_01jdc0000000000000000000r1"
PAYMENT = "pay_01jdc0000000000000000000p1"
RIDER = "usr_01jdc0000000000000000000a1"
DRIVER = "usr_01jdc0000000000000000000d1"
OTHER_DRIVER = "usr_01jdc0000000000000000000d2"
PICKUP, DROPOFF = GeoPoint(45.52, -73.58), GeoPoint(45.55, -73.6)
NOTHING = Charge(0, 0, "CAD")


def envelope(
    event: AnyEvent,
    version: int = 1,
    *,
    at: datetime | None = None,
    document: str = RESCUE,
    collection: str = "rescuerequests",
) -> EventEnvelope:
    """The event of a save that led to *version*; by default each version comes a minute later."""
    return EventEnvelope(
        id=f"{document}.{version}.0",
        collection=collection,
        document_id=document,
        document_version=version,
        at=at or START + timedelta(minutes=version),
        actor=SYSTEM,
        event=event,
    )


def requested() -> RescueRequested:
    return RescueRequested(
        rescue_id=RESCUE,
        rider_id=RIDER,
        area_id=AREA,
        status="requested",
        payment_method_id="pmt_01jdc0000000000000000000m1",
        total_minor=3150,
        currency="CAD",
        kind="rescue",
        problem="flat_tire",
        pickup=PICKUP,
        dropoff=DROPOFF,
    )


def matching(*, entry: int = 1, given_up_by: str | None = None, previous: str = "requested") -> MatchingBegan:
    return MatchingBegan(
        rescue_id=RESCUE,
        rider_id=RIDER,
        area_id=AREA,
        status="matching",
        previous=previous,
        entry=entry,
        ends_at=START + timedelta(minutes=10),
        kind="rescue",
        problem="flat_tire",
        pickup=PICKUP,
        dropoff=DROPOFF,
        pay_minor=2362,
        currency="CAD",
        given_up_by=given_up_by,
    )


def assigned(
    *, driver: str = DRIVER, previous_driver: str | None = None, queued_behind: str | None = None
) -> RescueAssigned:
    return RescueAssigned(
        rescue_id=RESCUE,
        rider_id=RIDER,
        area_id=AREA,
        status="assigned",
        previous="assigned" if previous_driver else "matching",
        driver_id=driver,
        previous_driver_id=previous_driver,
        queued_behind=queued_behind,
        pickup=PICKUP,
        dropoff=DROPOFF,
    )


def departed() -> DriverDeparted:
    return DriverDeparted(
        rescue_id=RESCUE,
        rider_id=RIDER,
        area_id=AREA,
        status="en_route",
        previous="assigned",
        driver_id=DRIVER,
    )


def arrived() -> DriverArrived:
    return DriverArrived(
        rescue_id=RESCUE,
        rider_id=RIDER,
        area_id=AREA,
        status="arrived",
        previous="en_route",
        driver_id=DRIVER,
    )


def started() -> JobStarted:
    return JobStarted(
        rescue_id=RESCUE,
        rider_id=RIDER,
        area_id=AREA,
        status="in_transit",
        previous="arrived",
        driver_id=DRIVER,
    )


def completed() -> RescueCompleted:
    return RescueCompleted(
        rescue_id=RESCUE,
        rider_id=RIDER,
        area_id=AREA,
        status="completed",
        previous="in_transit",
        driver_id=DRIVER,
        outcome="delivered",
        owed=Charge(3150, 2362, "CAD"),
    )


def cancelled(owed: Charge = NOTHING, *, driver: str | None = None) -> RescueCancelled:
    return RescueCancelled(
        rescue_id=RESCUE,
        rider_id=RIDER,
        area_id=AREA,
        status="cancelled",
        previous="matching",
        driver_id=driver,
        reason="changed_my_mind",
        owed=owed,
    )


def paid(
    kind: str = "capture",
    status: str = "succeeded",
    *,
    payment_status: str = "captured",
    amount_minor: int = 3150,
    captured_minor: int = 3150,
    refunded_minor: int = 0,
) -> PaymentProcessed:
    return PaymentProcessed(
        payment_id=PAYMENT,
        rescue_id=RESCUE,
        rider_id=RIDER,
        area_id=AREA,
        driver_id=DRIVER,
        kind=kind,
        status=status,
        amount_minor=amount_minor,
        currency="CAD",
        payment_status=payment_status,
        captured_minor=captured_minor,
        refunded_minor=refunded_minor,
    )


def payment_envelope(event: PaymentProcessed, version: int, *, at: datetime | None = None) -> EventEnvelope:
    return envelope(event, version, at=at, document=PAYMENT, collection="paymentrecords")


def whole_life() -> list[EventEnvelope]:
    """The events from request to payment, in the order in which they happened."""
    events: list[AnyEvent] = [
        requested(),
        matching(),
        assigned(),
        departed(),
        arrived(),
        started(),
        completed(),
    ]
    life = [envelope(event, version) for version, event in enumerate(events, start=1)]
    hold = paid("hold", payment_status="held", captured_minor=0)
    life.insert(1, payment_envelope(hold, 2, at=START + timedelta(minutes=1, seconds=5)))
    life.append(payment_envelope(paid(), 3, at=START + timedelta(minutes=8)))
    return life
