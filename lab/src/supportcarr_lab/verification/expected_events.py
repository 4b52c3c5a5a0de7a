"""What each person should have been told, reckoned from the store alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from supportcarr_lab.simulator.journal import EventKey, event_key
from supportcarr_lab.verification.records import CityRecords, Payment, Rescue


class ExpectedEvent(msgspec.Struct, frozen=True):
    """One event that a person is owed; *at* is when it cannot have come before (city time).

    *lets_go*: with it, or later, this driver lost the job to the search or to another driver, and so
    does not find the rescue among their own any more.
    """

    key: EventKey
    at: float
    rescue_id: str | None = None
    version: int = 0  # of the rescue, for a change of its status
    driver_lost_job: bool = False


def expected_events(facts: CityRecords) -> Mapping[str, list[ExpectedEvent]]:
    """By user id, what their stream owes them."""
    owed: defaultdict[str, list[ExpectedEvent]] = defaultdict(list)
    for rescue in facts.rescues:
        for user_id, event in _statuses(rescue):
            owed[user_id].append(event)
    for offer in facts.offers:
        made = ExpectedEvent(event_key("offer:new", offer.id), offer.made_at)
        owed[offer.driver_id].append(made)
        if offer.outcome:
            closed = event_key("offer:closed", offer.id, offer.outcome)
            owed[offer.driver_id].append(ExpectedEvent(closed, offer.made_at))
    rescues = {rescue.id: rescue for rescue in facts.rescues}
    for payment in facts.payments:
        for user_id, event in _movements(payment, rescues.get(payment.rescue_id)):
            owed[user_id].append(event)
    for notification in facts.notifications:
        told = ExpectedEvent(event_key("notification:new", notification.id), notification.at)
        owed[notification.user_id].append(told)
    return owed


def drivers_over_time(rescue: Rescue) -> Iterator[tuple[str | None, str | None]]:
    """For each entry of the timeline: who had the job before it, and after it.

    An end leaves it with who had it.
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
    """The rider sees every change, and so does whoever has the job before or after it."""
    drivers = list(drivers_over_time(rescue))
    for i, (entry, people) in enumerate(zip(rescue.timeline, drivers, strict=True)):
        told = event_key("rescue:status_update", rescue.id, entry.version)
        for user_id in {rescue.rider_id, *people} - {None}:
            lets_go = any(had == user_id != has for had, has in drivers[i:])
            yield str(user_id), ExpectedEvent(told, entry.at, rescue.id, entry.version, lets_go)


def _movements(payment: Payment, rescue: Rescue | None) -> Iterator[tuple[str, ExpectedEvent]]:
    begun = rescue.created_at if rescue else 0.0
    ended = rescue.timeline[-1].at if rescue and rescue.timeline else begun
    for movement in payment.movements:
        told = event_key("payment:processed", payment.id, movement.kind, movement.status, movement.amount)
        at = begun if movement.kind == "hold" else ended
        event = ExpectedEvent(told, at, payment.rescue_id)
        yield payment.rider_id, event
        if movement.kind != "hold" and payment.driver_id not in (None, payment.rider_id):
            yield str(payment.driver_id), event
