"""Settings of drivers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup


class ShiftSettings(SettingsGroup, frozen=True, kw_only=True):
    """Hours that drivers drive (city time)."""

    prefix = "SHIFTS_"
    limit_hours: Annotated[float, Meta(gt=0, le=24, description="hours of driving before a rest")] = 12
    rest_hours: Annotated[float, Meta(gt=0, le=48, description="hours of a rest between them")] = 8
    notice_minutes: Annotated[
        float, Meta(ge=0, description="a driver is told so long before the hours are over")
    ] = 30
