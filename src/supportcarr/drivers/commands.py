"""The commands to drivers."""

from __future__ import annotations

from datetime import date

import msgspec

from supportcarr.contracts.carrying import VehicleType


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
    photo_ids: tuple[str, ...] = ()


class ChangeVehicle(msgspec.Struct, frozen=True, kw_only=True):
    """What changes of a vehicle; ``None`` leaves it as it is."""

    type: VehicleType | None = None
    make: str | None = None
    model: str | None = None
    colour: str | None = None
    plate: str | None = None
    bed_length_cm: int | None = None
    capacity: int | None = None
    ramp: bool | None = None
    tie_downs: int | None = None
    seats: int | None = None
    photo_ids: tuple[str, ...] | None = None
