"""The commands to pricing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from supportcarr.contracts.geo import Place

Kind = Literal["rescue", "dump_run", "pickup_delivery", "hauling"]
Problem = Literal[
    "flat_tire", "dead_battery", "mechanical", "accident", "damaged_battery", "stranded", "other"
]


class BatteryAnswers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The safety questions about a damaged battery."""

    smoking: bool
    swollen: bool
    hot: bool


class RequestQuote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the rider wants done, and where; ``problem`` is required when ``kind`` is ``rescue``."""

    kind: Kind
    pickup: Place
    dropoff: Place
    problem: Problem | None = None
    battery: BatteryAnswers | None = None
    bike_id: Annotated[str, Meta(max_length=64)] | None = None
    promo_code: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    scheduled_for: Annotated[datetime, Meta(tz=True)] | None = None
