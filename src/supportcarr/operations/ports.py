"""What the console asks of the other parts; bootstrap fills these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from supportcarr.operations.model import DriverCounts


class DriverCounter(Protocol):
    async def count(self, area_id: str | None) -> DriverCounts:
        """How many drivers are online and busy, in one area or (``None``) in all."""


class DriverPoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A driver's latest position; ``at`` is city time, ``heading`` degrees clockwise from north,
    ``eta_seconds`` to where the rescue needs the driver next."""

    driver_id: str
    lat: float
    lng: float
    at: datetime
    heading: float | None = None
    rescue_id: str | None = None
    eta_seconds: int | None = None


class DriverPositions(Protocol):
    async def positions(self, area_id: str) -> Sequence[DriverPoint]:
        """The latest fresh position of each driver in the area."""


class RescueReader(Protocol):
    """The rescue itself, as its part shows it to operators; each value is ready to be encoded."""

    async def rescue(self, rescue_id: str) -> Any | None:
        """The operator's view, or ``None``: there is no such rescue."""

    async def timeline(self, rescue_id: str) -> Sequence[Any]: ...

    async def messages(self, rescue_id: str) -> int:
        """How many messages were written."""


class OfferReader(Protocol):
    async def of(self, rescue_id: str) -> Sequence[Any]:
        """Every offer of the rescue, oldest first, ready to be encoded."""


class PaymentDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What operators see of a payment; amounts in minor units, ``failure`` a code."""

    id: str
    status: str
    currency: str
    hold_minor: int
    captured_minor: int
    refunded_minor: int
    intent_id: str | None
    failure: str | None


class PaymentReader(Protocol):
    async def of(self, rescue_id: str) -> PaymentDetails | None:
        """The rescue's payment; ``None``: none yet."""
