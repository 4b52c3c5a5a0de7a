"""Positions as tracking publishes them to the real-time server."""

from __future__ import annotations

from datetime import datetime

import msgspec


class PositionUpdate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A driver's latest position, with the rescue and its rider during a job."""

    driver_id: str
    area_id: str
    lat: float
    lng: float
    at: datetime  # city time, from the driver's phone
    heading: float | None = None  # degrees clockwise from north
    speed: float | None = None  # metres per second
    rescue_id: str | None = None
    rider_id: str | None = None
    eta_seconds: int | None = None
