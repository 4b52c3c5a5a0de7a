"""Request and response bodies of pricing's routes."""

from __future__ import annotations

import math
from datetime import datetime

import msgspec

from supportcarr.contracts.geo import Latitude, Longitude, Place
from supportcarr.contracts.value_objects import FeeRules, PriceItem
from supportcarr.pricing.model import Quote


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
            scheduled_for=terms.scheduled_for,
        )


class CoverageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place to ask about."""

    lat: Latitude
    lng: Longitude

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lat) and math.isfinite(self.lng)):
            raise ValueError("lat and lng must be finite numbers")


class CoverageView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether we drive there, and how soon somebody could come (city seconds)."""

    covered: bool
    area_id: str | None = None
    drivers_available: bool
    eta_seconds: int | None = None
