"""Whether a driver could come for a job, and if not, why: in words that tell a rider what to change."""

from __future__ import annotations

import msgspec

from supportcarr.contracts.carrying import NO_NEEDS, CarryingNeeds
from supportcarr.contracts.geo import GeoPoint
from supportcarr.pricing.model import Unavailable
from supportcarr.pricing.ports import PickupEtas


class PickupEstimate(msgspec.Struct, frozen=True):
    """``eta_seconds`` (city time) of the nearest driver who could come; if there is none, why."""

    eta_seconds: int | None
    unavailable: Unavailable | None = None


async def estimate_pickup(
    supply: PickupEtas, area_id: str, point: GeoPoint, needs: CarryingNeeds
) -> PickupEstimate:
    """The estimate for a job with those needs.

    It tells no more of the drivers than coverage tells anybody: whether one is free, not how many or who.
    """
    eta = await supply.eta_seconds(area_id, point, needs)
    if eta is not None:
        return PickupEstimate(eta)
    if needs == NO_NEEDS:
        return PickupEstimate(None, "no_driver")
    some_driver = await supply.eta_seconds(area_id, point) is not None
    return PickupEstimate(None, "no_vehicle_fits" if some_driver else "no_driver")
