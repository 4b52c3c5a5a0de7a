"""What drivers need of other parts."""

from __future__ import annotations

from typing import Protocol

from supportcarr.contracts.value_objects import Person


class UserDirectory(Protocol):
    """Names of people.  Implemented by ``auth.service.AuthService``."""

    async def person(self, user_id: str) -> Person:
        """Raises ``NotFound``."""
