"""Tariffs, service areas, quotes, and the calculation of a price."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Literal

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.contracts.geo import COARSE_PLACE
from supportcarr.contracts.money import share
from supportcarr.contracts.personal import Personal
from supportcarr.contracts.value_objects import FeeRules, Leg, PriceItem, QuoteTerms

DEMAND_CAP = 3.0

Unavailable = Literal["no_driver", "no_vehicle_fits"]


class Premium(msgspec.Struct, frozen=True, kw_only=True):
    """A time-of-day premium: *percent* on the fare between two minutes of the local day.

    ``until_minute`` before ``from_minute`` runs over midnight; ``weekdays`` are 0 (Monday) to 6, and
    a premium that runs over midnight belongs to the day on which it begins.
    """

    label: str
    percent: int
    from_minute: int
    until_minute: int
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A discount that the platform pays: a percentage of the price, or an amount, never below zero."""

    code: str
    percent: int = 0
    amount_minor: int = 0


class Tariff(Document, frozen=True, kw_only=True, omit_defaults=True):
    """What a rescue costs in a service area; amounts in minor units of ``currency``."""

    currency: str
    base_minor: int
    per_km_minor: int
    per_minute_minor: int
    minimum_minor: int
    fees: FeeRules = FeeRules()
    premiums: tuple[Premium, ...] = ()


class ServiceArea(Document, frozen=True, kw_only=True, omit_defaults=True):
    """Where we drive: a polygon, the region (shard) of its rescues, its time zone and its tariff.

    ``boundary`` is a closed ring of (longitude, latitude), WGS 84.
    """

    name: str
    region: str
    timezone: str
    tariff_id: str
    boundary: tuple[tuple[float, float], ...]


class Quote(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A price promised to one rider until ``expires_at`` (city time), redeemed by at most one rescue.

    From ``forget_at`` (city time) on it is not read any more and may be purged: the rescue has its terms.
    """

    rider_id: str
    terms: Annotated[QuoteTerms, Personal("rider_id", inside=("pickup", "dropoff"), clear=COARSE_PLACE)]
    demand_multiplier: float
    unavailable: Unavailable | None = None  # why nobody could have come when it was made
    created_at: datetime
    expires_at: datetime
    signature: str
    rescue_id: str | None = None
    taken_at: datetime | None = None
    forget_at: datetime | None = None


class Price(msgspec.Struct, frozen=True):
    """An itemised price: ``total_minor`` is the sum of the items and what the rider pays."""

    items: tuple[PriceItem, ...]
    before_promo_minor: int
    total_minor: int
    demand_multiplier: float


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def premium_at(tariff: Tariff, at_local: datetime) -> Premium | None:
    """The highest premium of the tariff that applies at that local time, if one does."""
    minute = at_local.hour * 60 + at_local.minute
    applying = [p for p in tariff.premiums if _applies(p, at_local.weekday(), minute)]
    return max(applying, key=lambda p: p.percent, default=None)


def _applies(premium: Premium, weekday: int, minute: int) -> bool:
    if premium.from_minute <= premium.until_minute:
        return weekday in premium.weekdays and premium.from_minute <= minute < premium.until_minute
    evening = weekday in premium.weekdays and minute >= premium.from_minute
    morning = (weekday - 1) % 7 in premium.weekdays and minute < premium.until_minute
    return evening or morning


def price(
    tariff: Tariff,
    leg: Leg,
    at_local: datetime,
    multiplier: float = 1.0,
    promotion: Promotion | None = None,
) -> Price:
    """The price of a rescue over *leg*.

    Base + distance + time, raised to the minimum fare; then the time-of-day premium; then the demand
    multiplier (between 1.0 and ``DEMAND_CAP``) on the sum so far; then the promotion.  Each line is
    rounded separately, half to even, so that the lines always sum to the total.
    """
    base = tariff.base_minor
    distance = _rounded(Decimal(tariff.per_km_minor) * leg.distance_m / 1000)
    time = _rounded(Decimal(tariff.per_minute_minor) * leg.duration_s / 60)
    items = [
        PriceItem("base", "Base fare", base),
        PriceItem("distance", f"Distance, {leg.distance_m / 1000:.1f} km", distance),
        PriceItem("time", f"Time, {leg.duration_s / 60:.0f} min", time),
    ]
    fare = base + distance + time
    if fare < tariff.minimum_minor:
        items.append(PriceItem("minimum", "Up to the minimum fare", tariff.minimum_minor - fare))
        fare = tariff.minimum_minor
    if premium := premium_at(tariff, at_local):
        items.append(PriceItem("premium", premium.label, share(fare, premium.percent)))
        fare += items[-1].amount_minor
    applied = min(max(multiplier, 1.0), DEMAND_CAP)
    if applied > 1.0:
        extra = _rounded(Decimal(fare) * (Decimal(str(applied)) - 1))
        items.append(PriceItem("demand", f"High demand, {applied:g} times", extra))
        fare += extra
    total = fare
    if promotion:
        discount = min(fare, share(fare, promotion.percent) + promotion.amount_minor)
        items.append(PriceItem("promo", f"Promotion {promotion.code}", -discount))
        total -= discount
    return Price(tuple(items), fare, total, applied)
