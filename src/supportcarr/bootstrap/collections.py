"""Every collection of the store."""

from __future__ import annotations

from typing import Any

from supportcarr.audit import collections as audit
from supportcarr.auth import collections as auth
from supportcarr.dispatch import collections as dispatch
from supportcarr.drivers import collections as drivers
from supportcarr.files import collections as files
from supportcarr.gateway import idempotency
from supportcarr.kit.jobs import leases, verification
from supportcarr.kit.jobs import service as jobs
from supportcarr.kit.runtime import city_clock
from supportcarr.kit.sealing import data_keys, lookup_keys, search_terms
from supportcarr.kit.store.port import CollectionSpec
from supportcarr.notifications import collections as notifications
from supportcarr.operations import repository as operations
from supportcarr.partners import collections as partners
from supportcarr.payments import collections as payments
from supportcarr.pricing import collections as pricing
from supportcarr.privacy import collections as privacy
from supportcarr.ratings import collections as ratings
from supportcarr.rescues import collections as rescues
from supportcarr.riders import collections as riders
from supportcarr.tracking import collections as tracking

SPECS: tuple[CollectionSpec[Any], ...] = (
    *auth.SPECS,
    *riders.SPECS,
    *drivers.SPECS,
    *tracking.SPECS,
    *pricing.SPECS,
    *rescues.SPECS,
    *dispatch.SPECS,
    *payments.SPECS,
    *ratings.SPECS,
    *notifications.SPECS,
    *operations.SPECS,
    *partners.SPECS,
    *audit.SPECS,
    *privacy.SPECS,
    *files.SPECS,
    *idempotency.SPECS,
    *jobs.SPECS,
    *city_clock.SPECS,
    *leases.SPECS,
    *verification.SPECS,
    *data_keys.SPECS,
    lookup_keys.LOOKUP_KEYS,
    search_terms.SEARCH_TERMS,
)
