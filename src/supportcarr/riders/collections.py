"""Riders' collections."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.riders.model import RiderProfile

RIDERS = CollectionSpec("riderprofiles", RiderProfile, indexes=(Index("claim_until"),))

SPECS: tuple[CollectionSpec[Any], ...] = (RIDERS,)
