"""What ratings need of other parts."""

from __future__ import annotations

from typing import Protocol

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.value_objects import RescuePeople


class Rescues(Protocol):
    """The people of rescues.  Implemented by ``rescues.people.PeopleOfRescues``."""

    async def people_of(self, rescue_id: str) -> RescuePeople | None:
        """Who is in the rescue; ``None`` if there is none."""


class ViewLog(Protocol):
    """Records that an operator read somebody's data.  Implemented by ``audit.service.AuditLog``."""

    async def viewed(
        self, by: Actor, what: str, subject: str, *, person_id: str | None = None, origin: Origin
    ) -> None:
        """Store it before the data is shown."""


class Drivers(Protocol):
    """Knows who is a driver.  Implemented by ``drivers.service.DriverService``."""

    async def profile(self, driver_id: str) -> object:
        """Raises ``NotFound``."""
