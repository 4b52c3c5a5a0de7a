"""Request and response bodies of share links, and of the page that they open."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.contracts.geo import GeoPoint, Place, coarse
from supportcarr.contracts.rescues import FINAL, Status
from supportcarr.contracts.value_objects import DriverCard, JobPosition, VehicleCard
from supportcarr.rescues.commands import Outcome
from supportcarr.rescues.share_links import LinkWithToken, SharedRescue

Token = Annotated[str, Meta(min_length=1, max_length=128, description="what follows `#` in the link")]


class SharedRescueBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: Token


class ShareLinkView(msgspec.Struct, frozen=True, kw_only=True):
    """``url``: the page, with the token behind ``#``.  Times are city time."""

    id: str
    url: str
    token: str
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, shown: LinkWithToken, public_url: str) -> ShareLinkView:
        link, token = shown
        return cls(
            id=link.id,
            url=f"{public_url.rstrip('/')}/track#{token}",
            token=token,
            created_at=link.created_at,
            expires_at=link.expires_at,
        )


class ShareLinksView(msgspec.Struct, frozen=True):
    items: list[ShareLinkView]


class SharedDriverView(msgspec.Struct, frozen=True):
    """``name``: the first name."""

    name: str
    vehicle: VehicleCard

    @classmethod
    def of(cls, card: DriverCard) -> SharedDriverView:
        return cls((card.name.split() or [""])[0], card.vehicle)


class SharedPositionView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the truck is: at which (city) time, and its heading in degrees clockwise from north."""

    lat: float
    lng: float
    at: datetime
    heading: float | None = None

    @classmethod
    def of(cls, position: JobPosition) -> SharedPositionView:
        point = position.point
        return cls(lat=point.lat, lng=point.lng, at=position.at, heading=position.heading)


class SharedRescueView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody with a link sees.  Ask again every few seconds while it is live.

    Places are to about a kilometre, and absent once it is over; ``position`` is there while the driver is on
    this job, and ``queued`` says that they finish another one first.  ``eta_seconds``: to the pickup, or once
    the bike is loaded to the destination.  ``updated_at`` is the (city) time of this response.
    """

    status: Status
    outcome: Outcome | None = None
    area_id: str
    scheduled_for: datetime | None = None
    driver: SharedDriverView | None = None
    queued: bool = False
    position: SharedPositionView | None = None
    eta_seconds: int | None = None
    pickup: GeoPoint | None = None
    dropoff: GeoPoint | None = None
    ended_at: datetime | None = None
    updated_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, shared: SharedRescue, now: datetime) -> SharedRescueView:
        rescue, link, driver, position = shared
        over = rescue.status in FINAL
        eta = position.eta_seconds if position else None
        if eta is None and rescue.status in ("assigned", "en_route"):
            eta = rescue.eta_seconds
        return cls(
            status=rescue.status,
            outcome=rescue.outcome,
            area_id=rescue.area_id,
            scheduled_for=rescue.scheduled_for,
            driver=SharedDriverView.of(driver) if driver else None,
            queued=rescue.queued_behind is not None and not over,
            position=SharedPositionView.of(position) if position else None,
            eta_seconds=None if rescue.status == "arrived" else eta,
            pickup=None if over else _coarse(rescue.quote.pickup),
            dropoff=None if over else _coarse(rescue.quote.dropoff),
            ended_at=rescue.ended_at,
            updated_at=now,
            expires_at=link.expires_at,
        )


def _coarse(place: Place) -> GeoPoint:
    return coarse(place.point)
