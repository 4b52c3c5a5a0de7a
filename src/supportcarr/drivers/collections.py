"""The drivers' collections."""

from __future__ import annotations

from typing import Any

from supportcarr.drivers.model import DriverProfile, Vehicle
from supportcarr.kit.store.port import CollectionSpec, Index

PROFILES = CollectionSpec(
    "driverprofiles", DriverProfile, (Index("approval"), Index("review_since"), Index("due_at"))
)
VEHICLES = CollectionSpec(
    "vehicles", Vehicle, (Index("driver_id"), Index("plate_key"), Index("plate_key_odd"))
)

SPECS: tuple[CollectionSpec[Any], ...] = (PROFILES, VEHICLES)
