"""How a rescue's search for a driver changes, and whom it may ask.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from supportcarr.contracts.events import MatchingBegan
from supportcarr.contracts.value_objects import Leg, NearbyDriver
from supportcarr.dispatch.model import DispatchCase, DispatchRules, Offer, Reservation
from supportcarr.dispatch.roster import RosterEntry

RADIUS_GROWTH = 1.5  # with each search that found nobody
PAUSE_GROWTH = 1.3


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
        pay_minor=began.pay_minor,
        currency=began.currency,
        ends_at=began.ends_at,
        declined=(began.given_up_by,) if began.given_up_by else (),
        due_at=now,
    )


def reopen_case(case: DispatchCase, fresh: DispatchCase) -> DispatchCase | None:
    """The stored case replaced by a fresh one; ``None`` if it already follows a newer event."""
    if fresh.rescue_version <= case.rescue_version:
        return None
    return replace(fresh, version=case.version)


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
    been asked, and after a pause; a driver who declined is not asked again.
    """
    free = [
        driver
        for driver in nearby
        if (entry := roster.get(driver.driver_id)) is not None
        and entry.is_free
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
    """The case after its offer was closed and not accepted; ``None`` if it names another offer."""
    if case.offer is None or case.offer.offer_id != offer.id:
        return None
    declined, missed = case.declined, case.missed
    if offer.state == "declined":
        declined = (*declined, offer.driver_id)
    elif offer.state == "expired":
        missed = missed | {offer.driver_id: now}
    due = now + timedelta(seconds=rules.grace_seconds)  # the one that closed it searches on at once
    return replace(case, offer=None, declined=declined, missed=missed, due_at=due)


def new_offer(case: DispatchCase, reserved: Reservation, leg: Leg, now: datetime) -> Offer:
    """The offer of the case's job to the driver of its reservation."""
    return Offer(
        id=reserved.offer_id,
        rescue_id=case.id,
        driver_id=reserved.driver_id,
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
