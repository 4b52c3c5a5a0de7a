"""Queries and responses of the console's routes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.rescues import STATUSES
from supportcarr.contracts.routing import PageQuery
from supportcarr.operations.model import OpsRescue
from supportcarr.operations.ports import DriverPoint, PaymentDetails

_ONE = f"(?:{'|'.join(STATUSES)})"
Statuses = Annotated[str, Meta(pattern=f"^(?:{_ONE}(?:,{_ONE})*)?$", examples=["matching,assigned"])]


class AreaQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One area, or all if ``area`` is absent."""

    area: str | None = None


class MapQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The area to show."""

    area: str


class RescuesQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``status`` is one or several, comma-separated; ``attention``: only rescues with unverified steps;
    ``q`` is a rescue's id, or the id, the whole phone number, words of the name or the plate of its rider or
    driver: first come the rescues of riders who were found, then those of drivers."""

    status: Statuses | None = None
    area: str | None = None
    rider: str | None = None
    driver: str | None = None
    attention: bool = False
    q: Annotated[str, Meta(min_length=1, max_length=64)] | None = None

    @property
    def statuses(self) -> tuple[str, ...]:
        return tuple(s for s in (self.status or "").split(",") if s)


class RescueRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rescue in the console's list; ``version`` is the rescue's own."""

    id: str
    area_id: str
    status: str
    version: int
    rider_id: str
    requested_at: datetime
    driver_id: str | None = None
    reason: str | None = None
    kind: str | None = None
    problem: str | None = None
    pickup: GeoPoint | None = None
    dropoff: GeoPoint | None = None
    scheduled_for: datetime | None = None
    waiting_since: datetime | None = None
    assigned_at: datetime | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    total_minor: int | None = None
    owed_minor: int | None = None
    currency: str | None = None
    payment_status: str | None = None
    captured_minor: int = 0
    refunded_minor: int = 0
    unverified: Annotated[
        tuple[str, ...],
        Meta(description="STATUS:WHY of steps of which it is not known that the driver was there"),
    ] = ()

    @classmethod
    def of(cls, row: OpsRescue) -> RescueRow:
        names = set(cls.__struct_fields__) - {"version"}
        return cls(version=row.source_version, **{name: getattr(row, name) for name in names})


RescueT = TypeVar("RescueT")
EntryT = TypeVar("EntryT")
OfferT = TypeVar("OfferT")


class RescueDetailsView(msgspec.Struct, Generic[RescueT, EntryT, OfferT], frozen=True):
    """One rescue with all its details, in the types of the parts that own them (chosen in ``bootstrap``);
    ``messages`` is the number of chat messages."""

    rescue: RescueT
    timeline: list[EntryT]
    offers: list[OfferT]
    payment: PaymentDetails | None
    messages: int


class MapView(msgspec.Struct, frozen=True):
    """A snapshot of one area: its drivers' positions and its active rescues."""

    area_id: str
    at: datetime
    drivers: list[DriverPoint]
    rescues: list[RescueRow]
