"""Values that parts exchange through ports."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from supportcarr.contracts.geo import GeoPoint, Place


class PriceItem(msgspec.Struct, frozen=True):
    """One line of a price; ``amount_minor`` is negative for a discount."""

    code: str  # base | distance | time | minimum | premium | demand | promo
    label: str
    amount_minor: int


class FeeRules(msgspec.Struct, frozen=True, kw_only=True):
    """The tariff's rules for what a final state costs, as of the quote."""

    cancellation_minor: int = 700
    no_show_minor: int = 1000
    fee_driver_percent: int = 80  # of a fee, the driver's
    platform_percent: int = 25  # of the total before promotion, the platform's


BikeType = Literal["city", "mountain", "road", "folding", "cargo", "other"]


class BikeLoad(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A bike as a load: its weight with the battery, in kilograms; ``None`` if nobody knows."""

    type: BikeType = "other"
    weight_kg: float | None = None
    battery_removable: bool = False


class QuoteTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A quote as stored with the rescue: what is needed, where, and the agreed price."""

    id: str
    kind: str
    problem: str | None = None
    pickup: Place
    dropoff: Place
    area_id: str
    region: str
    items: tuple[PriceItem, ...]
    total_minor: int  # what the rider pays
    before_promo_minor: int  # the driver's share is a part of this
    currency: str
    eta_seconds: int | None = None
    distance_m: int
    duration_s: int
    fees: FeeRules
    bike_id: str | None = None
    bike: BikeLoad | None = None  # as it was when the quote was made
    scheduled_for: datetime | None = None


class Person(msgspec.Struct, frozen=True):
    """A person as the other party of a rescue sees them."""

    id: str
    name: str
    phone_masked: str


class VehicleCard(msgspec.Struct, frozen=True):
    make: str
    model: str
    colour: str
    plate: str


class DriverCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """The driver as a rider sees them."""

    id: str
    name: str
    vehicle: VehicleCard
    rating: float | None = None
    photo_url: str | None = None


class RescuePeople(msgspec.Struct, frozen=True, kw_only=True):
    """Who is in a rescue, and whether it is over; ``driver_id`` has it, or had it at the end."""

    rescue_id: str
    rider_id: str
    driver_id: str | None
    status: str
    ended_at: datetime | None  # city time


class EarnedSum(msgspec.Struct, frozen=True):
    """What a driver earned in some time: by how many jobs (fares and fees), how much."""

    jobs: int = 0
    amount_minor: int = 0
    currency: str | None = None  # ``None`` without a job


class Leg(msgspec.Struct, frozen=True):
    """A route by road."""

    distance_m: int
    duration_s: int


class DriverSighting(msgspec.Struct, frozen=True):
    """Where a driver is now, as their phone says.

    *jumped*: lately the positions led to another place faster than anybody drives.
    """

    point: GeoPoint
    jumped: bool = False


class JobPosition(msgspec.Struct, frozen=True):
    """Where a driver is on a job, and the time to its next stop."""

    point: GeoPoint
    at: datetime  # city time of the position
    heading: float | None = None  # degrees clockwise from north
    eta_seconds: int | None = None


class NearbyDriver(msgspec.Struct, frozen=True):
    """A driver with a fresh position near a point."""

    driver_id: str
    point: GeoPoint
    distance_m: float
    at: datetime  # city time of the position
    heading: float | None = None  # degrees clockwise from north
