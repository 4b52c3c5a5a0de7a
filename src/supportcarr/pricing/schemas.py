"""Request and response bodies of pricing's routes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.contracts.carrying import CarryingNeeds, carrying_needs
from supportcarr.contracts.geo import Latitude, Longitude, Place
from supportcarr.contracts.value_objects import BikeLoad, BikeType, FeeRules, PriceItem
from supportcarr.pricing.commands import Kind, Problem
from supportcarr.pricing.model import Quote, Unavailable

UnavailableText = Annotated[
    Unavailable | None,
    Meta(
        description="why nobody could come now: no_driver (none is free near), no_vehicle_fits (some "
        "are, but no vehicle of theirs can carry it)"
    ),
]


class QuoteView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A quote, as its rider sees it; ``expires_at`` is city time."""

    id: str
    kind: str
    problem: str | None = None
    pickup: Place
    dropoff: Place
    area_id: str
    items: tuple[PriceItem, ...]
    total_minor: int
    currency: str
    eta_seconds: int | None
    distance_m: int
    duration_s: int
    demand_multiplier: float
    fees: FeeRules
    expires_at: datetime
    unavailable: UnavailableText = None
    scheduled_for: datetime | None = None

    @classmethod
    def of(cls, quote: Quote) -> QuoteView:
        terms = quote.terms
        return cls(
            id=quote.id,
            kind=terms.kind,
            problem=terms.problem,
            pickup=terms.pickup,
            dropoff=terms.dropoff,
            area_id=terms.area_id,
            items=terms.items,
            total_minor=terms.total_minor,
            currency=terms.currency,
            eta_seconds=terms.eta_seconds,
            distance_m=terms.distance_m,
            duration_s=terms.duration_s,
            demand_multiplier=quote.demand_multiplier,
            fees=terms.fees,
            expires_at=quote.expires_at,
            unavailable=quote.unavailable,
            scheduled_for=terms.scheduled_for,
        )


class CoverageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place to ask about."""

    lat: Latitude
    lng: Longitude
    kind: Kind | None = None
    problem: Problem | None = None
    bike_type: BikeType | None = None
    bike_weight_kg: Annotated[float, Meta(ge=1, le=500, description="with the battery")] | None = None

    @property
    def needs(self) -> CarryingNeeds | None:
        """What the job needs of a vehicle; ``None``, if the caller says nothing of it."""
        named = (self.kind, self.problem, self.bike_type, self.bike_weight_kg)
        if named == (None,) * len(named):
            return None
        bike = None
        if self.bike_type is not None or self.bike_weight_kg is not None:
            bike = BikeLoad(type=self.bike_type or "other", weight_kg=self.bike_weight_kg)
        return carrying_needs(self.kind or "rescue", self.problem, bike)


class CoverageView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether we drive there, and how soon somebody could come (city seconds)."""

    covered: bool
    area_id: str | None = None
    drivers_available: bool
    eta_seconds: int | None = None
    unavailable: UnavailableText = None
