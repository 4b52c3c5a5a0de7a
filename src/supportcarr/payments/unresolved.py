"""Payments without an outcome: that at Stripe is not known, or a rider's bank is waited for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Range, Store
from supportcarr.payments.collections import RECORDS
from supportcarr.payments.model import UNRESOLVED, PaymentRecord

_EVER = Range(ge=datetime(1970, 1, 1, tzinfo=UTC))


class Unresolved(NamedTuple):
    """Those of one status; the age of the oldest in seconds of wall time, 0 if there is none."""

    number: int
    oldest_s: float


class UnresolvedPayments:
    """Reads the payments that have not come to rest."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._records = store.collection(RECORDS)
        self._clock = clock

    async def by_status(self) -> dict[str, Unresolved]:
        now = self._clock.wall()
        found: dict[str, Unresolved] = {}
        for status in UNRESOLVED:
            where = {"status": status, "unresolved_since": _EVER}
            oldest = (await self._records.find(where, sort="unresolved_since", limit=1)).items
            since = oldest[0].unresolved_since if oldest else None
            age = max(0.0, (now - since).total_seconds()) if since else 0.0
            found[status] = Unresolved(await self._records.count(where) if oldest else 0, age)
        return found

    async def oldest(self, limit: int) -> list[PaymentRecord]:
        """The oldest ones, of every status."""
        found: list[PaymentRecord] = []
        for status in UNRESOLVED:
            where = {"status": status, "unresolved_since": _EVER}
            found += (await self._records.find(where, sort="unresolved_since", limit=limit)).items
        return sorted(found, key=lambda record: (record.unresolved_since or self._clock.wall(), record.id))[
            :limit
        ]
