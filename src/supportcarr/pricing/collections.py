"""Pricing's collections."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.pricing.model import Quote, ServiceArea, Tariff

AREAS = CollectionSpec("serviceareas", ServiceArea)
TARIFFS = CollectionSpec("tariffs", Tariff)
QUOTES = CollectionSpec("quotes", Quote, indexes=(Index("forget_at"), Index("rider_id")))

SPECS: tuple[CollectionSpec[Any], ...] = (AREAS, TARIFFS, QUOTES)
