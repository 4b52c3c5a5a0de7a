"""Settings of matching and offers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup


class DispatchSettings(SettingsGroup, frozen=True, kw_only=True):
    """Matching and offers (city time)."""

    prefix = "DISPATCH_"
    offer_seconds: Annotated[float, Meta(gt=0, description="lifetime of an offer")] = 15
    fresh_seconds: Annotated[float, Meta(gt=0, description="oldest position of a candidate")] = 30
    radius_m: Annotated[float, Meta(gt=0, description="first radius of the search")] = 5_000
    radius_max_m: Annotated[float, Meta(gt=0, description="largest radius of the search")] = 25_000
    missed_offers: Annotated[int, Meta(ge=1, description="missed offers that put a driver offline")] = 3
