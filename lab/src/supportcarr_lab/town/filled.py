"""The collections that a town fills, and the function that takes its documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from supportcarr.audit import collections as audit
from supportcarr.auth import collections as auth
from supportcarr.contracts.documents import Document
from supportcarr.dispatch import collections as dispatch
from supportcarr.drivers import collections as drivers
from supportcarr.files.collections import FILES
from supportcarr.kit.sealing.search_terms import SEARCH_TERMS
from supportcarr.kit.store.port import CollectionSpec
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.operations.repository import OPS_RESCUES
from supportcarr.payments import collections as payments
from supportcarr.ratings import collections as ratings
from supportcarr.rescues import collections as rescues
from supportcarr.riders import collections as riders
from supportcarr.tracking.collections import CURRENT_JOBS

Keep = Callable[[CollectionSpec[Any], Document], None]

FILLED: tuple[CollectionSpec[Any], ...] = (
    auth.USERS,
    SEARCH_TERMS,
    riders.RIDERS,
    riders.BIKES,
    riders.PLACES,
    payments.ACCOUNTS,
    payments.METHODS,
    payments.RECORDS,
    payments.LEDGER,
    drivers.PROFILES,
    drivers.VEHICLES,
    drivers.SHIFTS,
    drivers.DRIVER_DOCUMENTS,
    dispatch.ROSTER,
    dispatch.CASES,
    dispatch.OFFERS,
    rescues.RESCUES,
    rescues.MESSAGES,
    rescues.PHOTOS,
    ratings.RATINGS,
    ratings.SUMMARIES,
    OPS_RESCUES,
    CURRENT_JOBS,
    NOTIFICATIONS,
    FILES,
    audit.RECORDS,
)
