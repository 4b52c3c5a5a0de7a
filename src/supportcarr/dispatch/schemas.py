"""Response bodies of the offers' routes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.contracts.geo import GeoPoint
from supportcarr.dispatch.model import Offer
from supportcarr.dispatch.state_machine import OfferState


class OfferOut(msgspec.Struct, frozen=True):
    """An offer as its driver sees it."""

    id: str
    rescue_id: str
    kind: str
    problem: str | None
    pickup: GeoPoint
    dropoff: GeoPoint
    distance_m: Annotated[int, Meta(description="by road to the pickup")]
    eta_seconds: int
    pay_minor: Annotated[int, Meta(description="what the driver earns")]
    currency: str
    made_at: Annotated[datetime, Meta(description="city time")]
    expires_at: Annotated[datetime, Meta(description="city time")]
    queued: Annotated[bool, Meta(description="a job after the one the driver is on")]
    state: OfferState

    @classmethod
    def of(cls, offer: Offer) -> OfferOut:
        return cls(
            id=offer.id,
            rescue_id=offer.rescue_id,
            kind=offer.kind,
            problem=offer.problem,
            pickup=offer.pickup,
            dropoff=offer.dropoff,
            distance_m=offer.distance_m,
            eta_seconds=offer.eta_seconds,
            pay_minor=offer.pay_minor,
            currency=offer.currency,
            made_at=offer.made_at,
            expires_at=offer.expires_at,
            queued=False,
            state=offer.state,
        )
