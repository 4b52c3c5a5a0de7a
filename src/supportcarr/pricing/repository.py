"""Pricing's collections."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec
from supportcarr.pricing.model import Quote, ServiceArea, Tariff

AREAS = CollectionSpec("serviceareas", ServiceArea)
TARIFFS = CollectionSpec("tariffs", Tariff)
QUOTES = CollectionSpec("quotes", Quote)

SPECS: tuple[CollectionSpec[Any], ...] = (AREAS, TARIFFS, QUOTES)
