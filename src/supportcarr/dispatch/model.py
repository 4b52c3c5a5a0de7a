"""Offers, the cases of rescues that wait for a driver, and the limits of the search."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.carrying import CarryingNeeds, carrying_needs
from supportcarr.contracts.documents import Document
from supportcarr.contracts.geo import COARSE_POINT, GeoPoint
from supportcarr.contracts.personal import Personal
from supportcarr.contracts.value_objects import BikeLoad
from supportcarr.dispatch.state_machine import OfferPhase, OfferState, offer_phase


class DispatchRules(msgspec.Struct, frozen=True, kw_only=True):
    """How drivers are searched and asked, in seconds of city time and metres.

    The lower bounds are wall time expressed in city seconds, so that a fast simulated city does not
    search more often than the machine can.
    """

    offer_seconds: float = 15
    radius_m: float = 5_000
    radius_max_m: float = 25_000
    missed_offers: int = 3  # in a row, that put a driver offline
    ask_again_seconds: float = 30  # before a driver who let the offer expire is asked again
    search_seconds: float = 2  # between two searches that found nobody, at first …
    search_max_seconds: float = 10  # … and at last
    grace_seconds: float = 5  # for a saga to finish, before another process finishes it

    @classmethod
    def at_speed(cls, speed: float, **given: float) -> DispatchRules:
        """The rules in a city whose clock runs *speed* times as fast as the wall clock."""
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

    ``due_at`` is when the offer must be looked at: its end while it is open, and the end of the grace
    period while it is not ``settled`` (the steps after the answer are not done).
    """

    rescue_id: str
    driver_id: str
    rider_id: str | None = None  # absent in offers of before
    area_id: str
    entry: int  # of the rescue into matching
    kind: str
    problem: str | None = None
    pickup: Annotated[GeoPoint, Personal("rider_id", "driver_id", clear=COARSE_POINT)]
    dropoff: Annotated[GeoPoint, Personal("rider_id", "driver_id", clear=COARSE_POINT)]
    distance_m: int  # by road from the driver to the pickup
    eta_seconds: int
    pay_minor: int
    currency: str
    state: OfferState = "open"
    made_at: datetime
    expires_at: datetime
    due_at: datetime | None = None
    settled: bool = False

    @property
    def phase(self) -> OfferPhase:
        """Its row in the table of offers."""
        return offer_phase(self.state, settled=self.settled)

    def is_open(self, now: datetime) -> bool:
        """True until its end, even if the timer that closes it is late."""
        return self.state == "open" and now < self.expires_at


class Reservation(msgspec.Struct, frozen=True):
    """The one offer that a case has out or is making: enough to find one that was left half made."""

    offer_id: str
    driver_id: str
    expires_at: datetime


class DispatchCase(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A rescue's search for a driver; the id is the rescue's.

    ``rescue_version`` is the newest event of the rescue that was applied.  ``due_at`` is the time of
    the next search, or while an offer is out the time to check on it.
    """

    entry: int
    rescue_version: int
    area_id: str
    rider_id: str
    kind: str
    problem: str | None = None
    pickup: Annotated[GeoPoint, Personal("rider_id", clear=COARSE_POINT)]
    dropoff: Annotated[GeoPoint, Personal("rider_id", clear=COARSE_POINT)]
    bike: BikeLoad | None = None
    pay_minor: int
    currency: str
    ends_at: datetime
    state: Literal["open", "closed"] = "open"
    offer: Reservation | None = None
    declined: tuple[str, ...] = ()  # drivers who declined the rescue or gave it up, in any entry
    missed: dict[str, datetime] = {}  # drivers who let an offer expire in this entry, and when last
    empty_searches: int = 0
    due_at: datetime | None = None

    @property
    def needs(self) -> CarryingNeeds:
        """What a vehicle must have to do this job."""
        return carrying_needs(self.kind, self.problem, self.bike)
