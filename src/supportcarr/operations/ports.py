"""What the console asks of the other parts; bootstrap fills these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from supportcarr.operations.model import DriverTally


class DriverCounts(Protocol):
    async def tally(self, area_id: str | None) -> DriverTally:
        """How many drivers are online and busy, in one area or (``None``) in all."""


class DriverPoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A driver's latest position; ``at`` is city time, ``heading`` degrees, ``speed`` metres a second."""

    driver_id: str
    lat: float
    lng: float
    at: datetime
    heading: float | None = None
    speed: float | None = None
    rescue_id: str | None = None


class DriverPositions(Protocol):
    async def positions(self, area_id: str) -> Sequence[DriverPoint]:
        """The latest fresh position of each driver in the area."""


class RescueFile(Protocol):
    """The rescue itself, as its part shows it to operators; each value is ready to be encoded."""

    async def rescue(self, rescue_id: str) -> Any | None:
        """The operator's view, or ``None``: there is no such rescue."""

    async def timeline(self, rescue_id: str) -> Sequence[Any]: ...

    async def messages(self, rescue_id: str) -> int:
        """How many messages were written."""


class Offers(Protocol):
    async def of(self, rescue_id: str) -> Sequence[Any]:
        """Every offer of the rescue, oldest first, ready to be encoded."""


class Payments(Protocol):
    async def of(self, rescue_id: str) -> Any | None:
        """The rescue's payment record for operators, ready to be encoded; ``None``: none yet."""
