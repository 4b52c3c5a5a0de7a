"""What the console needs from other parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.audit import Origin
from supportcarr.operations.model import DriverCounts


class DriverCounter(Protocol):
    """Implemented by ``bootstrap.adapters.ConsoleDrivers``."""

    async def count(self, area_id: str | None) -> DriverCounts:
        """How many drivers are online and busy, in one area or (``None``) in all."""


class DriverPoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A driver's latest position; ``at`` is city time, ``heading`` degrees clockwise from north,
    ``eta_seconds`` the time to the driver's next stop."""

    driver_id: str
    lat: float
    lng: float
    at: datetime
    heading: float | None = None
    rescue_id: str | None = None
    eta_seconds: int | None = None


class DriverPositions(Protocol):
    """Implemented by ``bootstrap.adapters.ConsoleDrivers``."""

    async def positions(self, area_id: str) -> Sequence[DriverPoint]:
        """The latest fresh position of each driver in the area."""


class RescueReader(Protocol):
    """Reads a rescue as operators see it; each value is ready to be encoded.

    Implemented by ``rescues.admin_view.RescueDetails``.
    """

    async def rescue(self, rescue_id: str) -> Any | None:
        """The rescue; ``None`` if it does not exist."""

    async def rider_id(self, rescue_id: str) -> str | None:
        """Whose rescue it is, for the audit log; ``None`` if it does not exist."""

    async def timeline(self, rescue_id: str) -> Sequence[Any]: ...

    async def messages(self, rescue_id: str) -> int:
        """The number of chat messages."""


class OfferReader(Protocol):
    """Implemented by ``bootstrap.adapters.ConsoleOffers``."""

    async def of(self, rescue_id: str) -> Sequence[Any]:
        """All offers of the rescue, oldest first, ready to be encoded."""


class PaymentDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as operators see it; amounts in minor units, ``failure`` is a code."""

    id: str
    status: str
    currency: str
    hold_minor: int
    captured_minor: int
    refunded_minor: int
    intent_id: str | None
    failure: str | None


class PaymentReader(Protocol):
    """Implemented by ``bootstrap.adapters.ConsolePayments``."""

    async def of(self, rescue_id: str) -> PaymentDetails | None:
        """The rescue's payment; ``None`` if there is none yet."""


class ViewLog(Protocol):
    """Records that an operator read somebody's data.  Implemented by ``audit.service.AuditLog``."""

    async def viewed(
        self, by: Actor, what: str, subject: str, *, person_id: str | None = None, origin: Origin
    ) -> None:
        """Store it before the data is shown."""


class PeopleFinder(Protocol):
    """Finds riders and drivers.  Implemented by ``bootstrap.people_search.PeopleSearch``."""

    async def find(self, text: str) -> Sequence[str]:
        """The ids of the people with that id, phone number, plate or words in their names.

        Raises ``ValidationFailed`` for what looks like a number and is none.
        """
