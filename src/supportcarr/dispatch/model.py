"""Offers, the cases of rescues that wait for a driver, and the rules of the search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.events import MatchingBegan
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import Leg, NearbyDriver
from supportcarr.dispatch.roster import RosterEntry

OfferState = Literal["open", "accepted", "declined", "expired", "withdrawn"]
Closing = Literal["declined", "expired", "withdrawn"]

RADIUS_GROWTH = 1.5  # with each search that found nobody


class DispatchRules(msgspec.Struct, frozen=True, kw_only=True):
    """How drivers are searched and asked.  Seconds of city time; the floors are wall time as city
    seconds, so that a fast city does not search more often than the machine can."""

    offer_seconds: float = 15
    radius_m: float = 5_000
    radius_max_m: float = 25_000
    missed_offers: int = 3  # in a row, that put a driver offline
    ask_again_seconds: float = 30  # before somebody who let the offer expire is asked again
    search_seconds: float = 2  # between two searches that found nobody, at first …
    search_max_seconds: float = 10  # … and at last
    grace_seconds: float = 5  # for a saga to finish, before somebody else finishes it

    @classmethod
    def at_speed(cls, speed: float, **given: float) -> DispatchRules:
        """The rules in a city whose clock runs *speed* times as fast as the wall's."""
        base = cls()
        return replace(
            base,
            search_seconds=max(base.search_seconds, 0.25 * speed),
            search_max_seconds=max(base.search_max_seconds, 1.0 * speed),
            grace_seconds=max(base.grace_seconds, 2.0 * speed),
            **given,
        )


class Offer(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A job offered to one driver.

    ``due_at`` is when somebody must look at it: its end while it is open, and the end of the grace
    while an answer is not ``settled`` (its other steps done).
    """

    rescue_id: str
    driver_id: str
    area_id: str
    entry: int  # of the rescue into matching
    kind: str
    problem: str | None = None
    pickup: GeoPoint
    dropoff: GeoPoint
    distance_m: int  # by road from the driver to the pickup
    eta_seconds: int
    pay_minor: int
    currency: str
    state: OfferState = "open"
    made_at: datetime
    expires_at: datetime
    due_at: datetime | None = None
    settled: bool = False

    def is_open(self, now: datetime) -> bool:
        """An offer is judged by its end, not by the timer that closes it."""
        return self.state == "open" and now < self.expires_at


class Reservation(msgspec.Struct, frozen=True):
    """The one offer that a case has out, or is making: enough to find it half-done."""

    offer_id: str
    driver_id: str
    expires_at: datetime


class DispatchCase(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A rescue's search for a driver; the id is the rescue's.

    ``rescue_version`` is the newest event of the rescue that was applied.  ``due_at`` is the next
    search, or while an offer is out the moment to see what became of it.
    """

    entry: int
    rescue_version: int
    area_id: str
    rider_id: str
    kind: str
    problem: str | None = None
    pickup: GeoPoint
    dropoff: GeoPoint
    pay_minor: int
    currency: str
    ends_at: datetime
    state: Literal["open", "closed"] = "open"
    offer: Reservation | None = None
    declined: tuple[str, ...] = ()  # never again in this entry
    missed: dict[str, datetime] = {}  # who let an offer expire in this entry, and when last
    empty_searches: int = 0
    due_at: datetime | None = None


def new_case(fact: MatchingBegan, version: int, now: datetime) -> DispatchCase:
    """The case of a rescue that waits now, for the first time or again."""
    return DispatchCase(
        id=fact.rescue_id,
        entry=fact.entry,
        rescue_version=version,
        area_id=fact.area_id,
        rider_id=fact.rider_id,
        kind=fact.kind,
        problem=fact.problem,
        pickup=fact.pickup,
        dropoff=fact.dropoff,
        pay_minor=fact.pay_minor,
        currency=fact.currency,
        ends_at=fact.ends_at,
        declined=(fact.given_up_by,) if fact.given_up_by else (),
        due_at=now,
    )


def search_radius(case: DispatchCase, rules: DispatchRules) -> float:
    """Metres; wider with each search that found nobody."""
    return min(rules.radius_max_m, rules.radius_m * RADIUS_GROWTH ** min(case.empty_searches, 20))


def search_pause(case: DispatchCase, rules: DispatchRules) -> timedelta:
    """City time until the next search after one that found nobody; longer each time."""
    seconds = rules.search_seconds * 1.3 ** min(case.empty_searches, 20)
    return timedelta(seconds=min(seconds, rules.search_max_seconds))


def candidates(
    case: DispatchCase,
    nearby: Iterable[NearbyDriver],
    roster: Mapping[str, RosterEntry],
    now: datetime,
    rules: DispatchRules,
) -> list[NearbyDriver]:
    """Who may be asked, in the order of *nearby* (nearest first).

    Who let an offer of this entry expire is asked again only when all others in range have been
    asked, and after a pause; who declined is not.
    """
    free = [
        d
        for d in nearby
        if (entry := roster.get(d.driver_id)) is not None
        and entry.is_free
        and entry.missed < rules.missed_offers  # about to go offline
        and d.driver_id != case.rider_id
        and d.driver_id not in case.declined
    ]
    fresh = [d for d in free if d.driver_id not in case.missed]
    rested = now - timedelta(seconds=rules.ask_again_seconds)
    return fresh or [d for d in free if case.missed[d.driver_id] <= rested]


def reserve(case: DispatchCase, offer: Reservation, rules: DispatchRules) -> DispatchCase:
    """The case with an offer on the way; it is looked after once that should have been answered."""
    due = offer.expires_at + timedelta(seconds=rules.grace_seconds)
    return replace(case, offer=offer, due_at=due)


def case_after_empty_search(case: DispatchCase, now: datetime, rules: DispatchRules) -> DispatchCase:
    """The case after a search without result: on to a wider one, unless its time is over."""
    due = now + search_pause(case, rules)
    return replace(
        case,
        offer=None,
        empty_searches=case.empty_searches + 1,
        due_at=due if due < case.ends_at else None,
    )


def case_without_offer(
    case: DispatchCase, offer: Offer, outcome: OfferState, now: datetime, rules: DispatchRules
) -> DispatchCase | None:
    """The case after its offer was closed without a taker; ``None`` if it names another offer."""
    if case.offer is None or case.offer.offer_id != offer.id:
        return None
    declined, missed = case.declined, case.missed
    if outcome == "declined":
        declined = (*declined, offer.driver_id)
    elif outcome == "expired":
        missed = missed | {offer.driver_id: now}
    due = now + timedelta(seconds=rules.grace_seconds)  # whoever closed it searches on at once
    return replace(case, offer=None, declined=declined, missed=missed, due_at=due)


def new_offer(case: DispatchCase, reserved: Reservation, leg: Leg, now: datetime) -> Offer:
    """The offer of that case's job to the driver it reserved."""
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
