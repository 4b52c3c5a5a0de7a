"""Dispatch's collections."""

from __future__ import annotations

from typing import Any

from supportcarr.dispatch.model import DispatchCase, Offer
from supportcarr.dispatch.roster import RosterEntry
from supportcarr.kit.store.port import CollectionSpec, Index

ROSTER = CollectionSpec("roster", RosterEntry, (Index("claim_until"), Index("busy_area")))
CASES = CollectionSpec("dispatchcases", DispatchCase, (Index("due_at"),))
OFFERS = CollectionSpec(
    "offers", Offer, (Index("due_at"), Index("driver_id", "state"), Index("rescue_id", "state"))
)

SPECS: tuple[CollectionSpec[Any], ...] = (ROSTER, CASES, OFFERS)
