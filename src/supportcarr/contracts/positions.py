"""Where a truck is, as it goes from tracking to the real-time edge: one list a tick, latest wins."""

from __future__ import annotations

from datetime import datetime

import msgspec


class PositionUpdate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A driver's latest position; with the rescue and its rider while there is a live job."""

    driver_id: str
    area_id: str
    lat: float
    lng: float
    at: datetime  # city time, as the driver's phone said
    heading: float | None = None  # degrees clockwise from north
    speed: float | None = None  # metres a second
    rescue_id: str | None = None
    rider_id: str | None = None
    eta_seconds: int | None = None
