"""Builders of rescues in any status, and a quote's terms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.geo import Place
from supportcarr.contracts.rescues import FINAL, Status
from supportcarr.contracts.value_objects import FeeRules, PriceItem, QuoteTerms
from supportcarr.rescues.model import Rescue, RescueRules, TimelineEntry

NOW = datetime(2026, 6, 1, 16, 0, tzinfo=UTC)
RULES = RescueRules()
RIDER, OTHER_RIDER = Actor("rider", "usr_rider"), Actor("rider", "usr_other_rider")
DRIVER, OTHER_DRIVER = Actor("driver", "usr_driver"), Actor("driver", "usr_other_driver")
SUPPORT, ADMIN = Actor("support", "usr_support"), Actor("admin", "usr_admin")
PARTNER = Actor("partner", "usr_partner")
RESCUE_ID = "res_qc_01jabcdefghjkmnpqrstvwxyz0"

WITHOUT_DRIVER = ("scheduled", "requested", "matching", "unserved", "rejected")


def terms(**changes: Any) -> QuoteTerms:
    """A quote of 31.40 for a flat tire in Montreal."""
    base = QuoteTerms(
        id="quo_01jabcdefghjkmnpqrstvwxyz0",
        kind="rescue",
        problem="flat_tire",
        pickup=Place(45.52, -73.58, "Parc La Fontaine"),
        dropoff=Place(45.50, -73.60),
        area_id="montreal",
        region="qc",
        items=(PriceItem("base", "Base fare", 1200), PriceItem("distance", "9 km", 1940)),
        total_minor=3140,
        before_promo_minor=3140,
        currency="CAD",
        eta_seconds=540,
        distance_m=9000,
        duration_s=1080,
        fees=FeeRules(),
    )
    return msgspec.structs.replace(base, **changes)


def rescue_in(status: Status, **changes: Any) -> Rescue:
    """A rescue in that status at NOW, with PIN 4711 and version 5."""
    has_driver = status not in WITHOUT_DRIVER
    due = {"scheduled": 0, "requested": 300, "matching": 480}
    base = Rescue(
        id=RESCUE_ID,
        version=5,
        region="qc",
        area_id="montreal",
        status=status,
        rider_id="usr_rider",
        quote=terms(),
        payment_method_id="pmt_1",
        pin="4711",
        created_at=NOW - timedelta(minutes=20),
        timeline=(
            TimelineEntry(at=NOW - timedelta(minutes=20), from_=None, to=status, actor=SYSTEM, version=5),
        ),
        due_at=NOW + timedelta(seconds=due[status]) if status in due else None,
        driver_id="usr_driver" if has_driver else None,
        offers=("off_1",) if has_driver else (),
        matching_entry=0 if status in ("scheduled", "requested") else 1,
        accepted_at=NOW - timedelta(minutes=15) if has_driver else None,
        arrived_at=NOW - timedelta(minutes=10) if status == "arrived" else None,
        ended_at=NOW if status in FINAL else None,
    )
    return msgspec.structs.replace(base, **changes)
