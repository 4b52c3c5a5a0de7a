"""Tracking's collections."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.tracking.model import LiveJob, Trail

LIVE_JOBS = CollectionSpec("livejobs", LiveJob)
TRAILS = CollectionSpec("trails", Trail, (Index("rescue_id", "began_at"),))

SPECS: tuple[CollectionSpec[Any], ...] = (LIVE_JOBS, TRAILS)
