"""What the drivers' part needs of others."""

from __future__ import annotations

from typing import Protocol

from supportcarr.contracts.value_objects import Person


class UserDirectory(Protocol):
    """Who somebody is."""

    async def person(self, user_id: str) -> Person:
        """Raises ``NotFound``."""
