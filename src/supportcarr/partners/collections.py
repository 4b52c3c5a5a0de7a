"""The collections of partners."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.partners.model import ApiKey, Partner

PARTNERS = CollectionSpec("partners", Partner)
API_KEYS = CollectionSpec("apikeys", ApiKey, indexes=(Index("partner_id"),), unique=("prefix",))

SPECS: tuple[CollectionSpec[Any], ...] = (PARTNERS, API_KEYS)
