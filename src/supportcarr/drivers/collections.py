"""The drivers' collections."""

from __future__ import annotations

from typing import Any

from supportcarr.drivers.checks.model import DriverCheck
from supportcarr.drivers.driver_documents.model import DriverDocument
from supportcarr.drivers.model import DriverProfile, Vehicle
from supportcarr.drivers.shifts import Shift
from supportcarr.kit.store.port import CollectionSpec, Index

PROFILES = CollectionSpec(
    "driverprofiles",
    DriverProfile,
    (
        Index("approval"),
        Index("review_since"),
        Index("stage"),
        Index("stage", "review_since"),
        Index("due_at"),
    ),
)
VEHICLES = CollectionSpec(
    "vehicles", Vehicle, (Index("driver_id"), Index("plate_key"), Index("plate_key_odd"))
)
SHIFTS = CollectionSpec("shifts", Shift, (Index("driver_id", "began_at"), Index("began_at"), Index("due_at")))
DRIVER_DOCUMENTS = CollectionSpec(
    "driverdocuments",
    DriverDocument,
    (Index("driver_id", "state"), Index("replaced_at"), Index("unattached_since")),
)
DRIVER_CHECKS = CollectionSpec("driverchecks", DriverCheck, (Index("driver_id"), Index("due_at")))

SPECS: tuple[CollectionSpec[Any], ...] = (PROFILES, VEHICLES, SHIFTS, DRIVER_DOCUMENTS, DRIVER_CHECKS)
