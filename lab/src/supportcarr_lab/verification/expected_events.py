"""The events that each person should have received, derived from the store alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from supportcarr_lab.simulator.journal import EventKey, event_key
from supportcarr_lab.verification.records import CityRecords, Payment, Photo, Rescue


class ExpectedEvent(msgspec.Struct, frozen=True):
    """One event that a person should receive; *at* is the earliest possible time (city time).

    *driver_lost_job*: with this event or a later one, this driver lost the rescue to a new search or to
    another driver, so a state loaded afterwards does not list the rescue among the driver's own.
    """

    key: EventKey
    at: float
    rescue_id: str | None = None
    version: int = 0  # of the rescue, for a change of status
    driver_lost_job: bool = False


def expected_events(records: CityRecords) -> Mapping[str, list[ExpectedEvent]]:
    """By user id, the events that belong in the person's stream."""
    expected: defaultdict[str, list[ExpectedEvent]] = defaultdict(list)
    for rescue in records.rescues:
        for user_id, event in _statuses(rescue):
            expected[user_id].append(event)
    for offer in records.offers:
        made = ExpectedEvent(event_key("offer:new", offer.id), offer.made_at)
        expected[offer.driver_id].append(made)
        if offer.outcome:
            closed = event_key("offer:closed", offer.id, offer.outcome)
            expected[offer.driver_id].append(ExpectedEvent(closed, offer.made_at))
    rescues = {rescue.id: rescue for rescue in records.rescues}
    for payment in records.payments:
        for user_id, event in _payment_operations(payment, rescues.get(payment.rescue_id)):
            expected[user_id].append(event)
    for photo in records.photos:
        if photo.rescue_id in rescues:
            for user_id, event in _photo_events(photo, rescues[photo.rescue_id]):
                expected[user_id].append(event)
    for notification in records.notifications:
        sent = ExpectedEvent(event_key("notification:new", notification.id), notification.at)
        expected[notification.user_id].append(sent)
    return expected


def drivers_over_time(rescue: Rescue) -> Iterator[tuple[str | None, str | None]]:
    """For each entry of the timeline: the driver before it, and the driver after it.

    A final status does not change the driver.
    """
    assigned = iter(rescue.drivers)
    driver: str | None = None
    for entry in rescue.timeline:
        before = driver
        if entry.to == "assigned":
            driver = next(assigned, None)
        elif entry.to in ("requested", "matching"):
            driver = None
        yield before, driver


def _statuses(rescue: Rescue) -> Iterator[tuple[str, ExpectedEvent]]:
    """The rider sees every change; a driver sees the changes before or after which they have the rescue."""
    drivers = list(drivers_over_time(rescue))
    for i, (entry, people) in enumerate(zip(rescue.timeline, drivers, strict=True)):
        event = event_key("rescue:status_update", rescue.id, entry.version)
        for user_id in {rescue.rider_id, *people} - {None}:
            lost_job = any(before == user_id != after for before, after in drivers[i:])
            yield str(user_id), ExpectedEvent(event, entry.at, rescue.id, entry.version, lost_job)


def _photo_events(photo: Photo, rescue: Rescue) -> Iterator[tuple[str, ExpectedEvent]]:
    """The rider and the driver at that moment see a photo.

    The moment is not recorded exactly.  If the rescue had no driver when the photo was begun, or had several,
    a driver may have received the event but need not: it is expected from before any subscription.
    """
    key = event_key("photo:new", photo.id)
    yield rescue.rider_id, ExpectedEvent(key, photo.at, rescue.id)
    drivers = [driver for _, driver in drivers_over_time(rescue)]
    assigned = drivers.index(rescue.drivers[0]) if rescue.drivers and rescue.drivers[0] in drivers else None
    certain = (
        assigned is not None
        and set(drivers[assigned:]) == {rescue.drivers[0]}
        and photo.at >= rescue.timeline[assigned].at
    )
    for driver_id in set(rescue.drivers):
        yield driver_id, ExpectedEvent(key, photo.at if certain else float("-inf"), rescue.id)


def _payment_operations(payment: Payment, rescue: Rescue | None) -> Iterator[tuple[str, ExpectedEvent]]:
    created_at = rescue.created_at if rescue else 0.0
    ended_at = rescue.timeline[-1].at if rescue and rescue.timeline else created_at
    for operation in payment.operations:
        operation_key = event_key(
            "payment:processed", payment.id, operation.kind, operation.status, operation.amount
        )
        at = created_at if operation.kind == "hold" else ended_at
        event = ExpectedEvent(operation_key, at, payment.rescue_id)
        yield payment.rider_id, event
        if operation.kind != "hold" and payment.driver_id not in (None, payment.rider_id):
            yield str(payment.driver_id), event
