"""Tracking's collections."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.tracking.model import CurrentJob, HistorySegment

CURRENT_JOBS = CollectionSpec("livejobs", CurrentJob, (Index("rider_id"),))
LOCATION_HISTORY = CollectionSpec(
    "trails", HistorySegment, (Index("rescue_id", "began_at"), Index("driver_id"), Index("began_at"))
)

SPECS: tuple[CollectionSpec[Any], ...] = (CURRENT_JOBS, LOCATION_HISTORY)
