"""The commands to drivers."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

VehicleType = Literal["pickup", "van", "trailer"]


class Apply(msgspec.Struct, frozen=True, kw_only=True):
    """Fill in, or correct, a driver's application."""

    licence_class: str
    licence_expires_on: date
    insurer: str
    insurance_expires_on: date


class AddVehicle(msgspec.Struct, frozen=True, kw_only=True):
    type: VehicleType
    make: str
    model: str
    colour: str
    plate: str
    bed_length_cm: int
    capacity: int
    ramp: bool
    tie_downs: int
    seats: int
