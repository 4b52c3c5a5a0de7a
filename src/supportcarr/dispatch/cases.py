"""How a rescue's search for a driver changes, and whom it may ask.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from supportcarr.contracts.carrying import can_carry
from supportcarr.contracts.events import MatchingBegan
from supportcarr.contracts.value_objects import Leg, NearbyDriver
from supportcarr.dispatch.model import DispatchCase, DispatchRules, Offer, Reservation
from supportcarr.dispatch.roster import RosterEntry

RADIUS_GROWTH = 1.5  # with each search that found nobody
PAUSE_GROWTH = 1.3
DECLINED_LIMIT = 200  # drivers that a case remembers


def new_case(began: MatchingBegan, version: int, now: datetime) -> DispatchCase:
    """The case of a rescue that waits for a driver, as of that version of the rescue."""
    return DispatchCase(
        id=began.rescue_id,
        entry=began.entry,
        rescue_version=version,
        area_id=began.area_id,
        rider_id=began.rider_id,
        kind=began.kind,
        problem=began.problem,
        pickup=began.pickup,
        dropoff=began.dropoff,
        bike=began.bike,
        pay_minor=began.pay_minor,
        currency=began.currency,
        ends_at=began.ends_at,
        declined=remember((), began.given_up_by),
        due_at=now,
    )


def remember(declined: tuple[str, ...], *driver_ids: str | None) -> tuple[str, ...]:
    """The drivers who are not asked again, with these added, each once; beyond the limit the first are
    forgotten."""
    merged = dict.fromkeys((*declined, *(driver_id for driver_id in driver_ids if driver_id is not None)))
    return tuple(merged)[-DECLINED_LIMIT:]


def reopen_case(case: DispatchCase, fresh: DispatchCase) -> DispatchCase | None:
    """The stored case replaced by a fresh one, which remembers who declined the rescue or gave it up.

    A case that already follows a newer event only learns who gave the rescue up; ``None`` if it knows.
    """
    declined = remember(case.declined, *fresh.declined)
    if fresh.rescue_version <= case.rescue_version:
        return None if declined == case.declined else replace(case, declined=declined)
    return replace(fresh, version=case.version, declined=declined)


def close_case(case: DispatchCase, version: int) -> DispatchCase | None:
    """The closed case, as of that version of the rescue; ``None`` if it follows a newer event."""
    if version <= case.rescue_version:
        return None
    return replace(case, rescue_version=version, state="closed", offer=None, due_at=None)


def search_radius(case: DispatchCase, rules: DispatchRules) -> float:
    """Metres; wider with each search that found nobody."""
    return min(rules.radius_max_m, rules.radius_m * RADIUS_GROWTH ** min(case.empty_searches, 20))


def search_pause(case: DispatchCase, rules: DispatchRules) -> timedelta:
    """City time until the next search after one that found nobody; longer each time."""
    seconds = rules.search_seconds * PAUSE_GROWTH ** min(case.empty_searches, 20)
    return timedelta(seconds=min(seconds, rules.search_max_seconds))


def candidates(
    case: DispatchCase,
    nearby: Iterable[NearbyDriver],
    roster: Mapping[str, RosterEntry],
    now: datetime,
    rules: DispatchRules,
) -> list[NearbyDriver]:
    """The drivers who may be asked, in the order of *nearby* (nearest first).

    A driver who let an offer of this entry expire is asked again only when all others in range have
    been asked, and after a pause; a driver who declined the rescue or gave it up is never asked again.
    Whoever drives a vehicle that cannot carry the load is not asked.
    """
    needs = case.needs
    free = [
        driver
        for driver in nearby
        if (entry := roster.get(driver.driver_id)) is not None
        and entry.is_free
        and entry.has_valid_documents(now)
        and entry.has_hours_left(now)
        and can_carry(entry.vehicle, needs)
        and entry.missed < rules.missed_offers  # about to go offline
        and driver.driver_id != case.rider_id
        and driver.driver_id not in case.declined
    ]
    not_asked_yet = [driver for driver in free if driver.driver_id not in case.missed]
    latest_miss = now - timedelta(seconds=rules.ask_again_seconds)
    return not_asked_yet or [driver for driver in free if case.missed[driver.driver_id] <= latest_miss]


def reserve(case: DispatchCase, offer: Reservation, rules: DispatchRules) -> DispatchCase:
    """The case with an offer on the way, due once the offer should have been answered."""
    due = offer.expires_at + timedelta(seconds=rules.grace_seconds)
    return replace(case, offer=offer, due_at=due)


def case_after_empty_search(case: DispatchCase, now: datetime, rules: DispatchRules) -> DispatchCase:
    """The case after a search without a result: due for a wider one, unless its time is over."""
    due = now + search_pause(case, rules)
    return replace(
        case,
        offer=None,
        empty_searches=case.empty_searches + 1,
        due_at=due if due < case.ends_at else None,
    )


def case_without_offer(
    case: DispatchCase, offer: Offer, now: datetime, rules: DispatchRules
) -> DispatchCase | None:
    """The case after its offer was closed and not accepted.

    A case that names another offer only learns who declined; ``None`` if it knows.
    """
    declined = remember(case.declined, offer.driver_id if offer.state == "declined" else None)
    if case.offer is None or case.offer.offer_id != offer.id:
        return None if declined == case.declined else replace(case, declined=declined)
    missed = case.missed | {offer.driver_id: now} if offer.state == "expired" else case.missed
    due = now + timedelta(seconds=rules.grace_seconds)  # the process that closed it searches again at once
    return replace(case, offer=None, declined=declined, missed=missed, due_at=due)


def new_offer(case: DispatchCase, reserved: Reservation, leg: Leg, now: datetime) -> Offer:
    """The offer of the case's job to the driver of its reservation."""
    return Offer(
        id=reserved.offer_id,
        rescue_id=case.id,
        driver_id=reserved.driver_id,
        rider_id=case.rider_id,
        area_id=case.area_id,
        entry=case.entry,
        kind=case.kind,
        problem=case.problem,
        pickup=case.pickup,
        dropoff=case.dropoff,
        distance_m=leg.distance_m,
        eta_seconds=leg.duration_s,
        pay_minor=case.pay_minor,
        currency=case.currency,
        made_at=now,
        expires_at=reserved.expires_at,
        due_at=reserved.expires_at,
    )
