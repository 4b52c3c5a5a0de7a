"""What pricing says over HTTP."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from supportcarr.contracts.geo import Latitude, Longitude, Place
from supportcarr.contracts.terms import FeeRules, PriceItem
from supportcarr.pricing.model import Quote

Kind = Literal["rescue", "dump_run", "pickup_delivery", "hauling"]
Problem = Literal[
    "flat_tire", "dead_battery", "mechanical", "accident", "damaged_battery", "stranded", "other"
]


class BatteryAnswers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The safety questions about a damaged battery."""

    smoking: bool
    swollen: bool
    hot: bool


class QuoteRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the rider wants done, and where; ``problem`` is required when ``kind`` is ``rescue``."""

    kind: Kind
    pickup: Place
    dropoff: Place
    problem: Problem | None = None
    battery: BatteryAnswers | None = None
    bike_id: Annotated[str, Meta(max_length=64)] | None = None
    promo_code: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    scheduled_for: Annotated[datetime, Meta(tz=True)] | None = None


class QuoteAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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
    def of(cls, quote: Quote) -> QuoteAnswer:
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


class CoverageAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether we drive there, and how soon somebody could come (city seconds)."""

    covered: bool
    area_id: str | None = None
    drivers_available: bool
    eta_seconds: int | None = None
