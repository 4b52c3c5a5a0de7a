"""Riders' collections."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.riders.model import RiderProfile
from supportcarr.riders.possessions import Bike, SavedPlace

RIDERS = CollectionSpec("riderprofiles", RiderProfile, indexes=(Index("claim_until"),))
PLACES = CollectionSpec("savedplaces", SavedPlace, indexes=(Index("rider_id"),))
BIKES = CollectionSpec("bikes", Bike, indexes=(Index("rider_id"),))

SPECS: tuple[CollectionSpec[Any], ...] = (RIDERS, PLACES, BIKES)
