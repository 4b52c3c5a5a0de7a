"""What drivers need of other parts."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from supportcarr.contracts.value_objects import EarnedSum, Person


class UserDirectory(Protocol):
    """Names of people.  Implemented by ``auth.service.AuthService``."""

    async def person(self, user_id: str) -> Person:
        """Raises ``NotFound``."""


class LiveJobs(Protocol):
    """The jobs that a driver is on.  Implemented by ``rescues.live_jobs.LiveJobs``."""

    async def vehicles(self, driver_id: str) -> frozenset[str | None]:
        """The vehicle of each live rescue of the driver; ``None`` for one that does not say."""


class EarningsReader(Protocol):
    """What drivers earned.  Implemented by ``payments.ledger_service.LedgerService``."""

    async def earned(self, driver_id: str, begins: datetime, ends: datetime) -> EarnedSum:
        """What the driver earned from *begins* until before *ends* (city time)."""
