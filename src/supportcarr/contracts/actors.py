"""Actors and principals: who does something, and in which role."""

from __future__ import annotations

from typing import Literal

import msgspec

from supportcarr.contracts.errors import Unauthenticated

Role = Literal["rider", "driver", "support", "admin", "partner", "system"]


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who did something, and in which role.  The system has no id."""

    role: Role
    id: str | None = None

    @property
    def is_operator(self) -> bool:
        return self.role in ("support", "admin")


SYSTEM = Actor("system")


class Principal(msgspec.Struct, frozen=True):
    """The person whose access token came with a request."""

    user_id: str
    roles: frozenset[str]
    session_id: str

    def acting_as(self, *roles: Role) -> Actor:
        """The actor in the first of *roles* that the person holds.  Raises ``Unauthenticated``."""
        for role in roles:
            if role in self.roles:
                return Actor(role, self.user_id)
        raise Unauthenticated("Your account does not have the role that this needs")

    @property
    def operator(self) -> Actor | None:
        """The actor as admin or support agent; ``None`` if the person is neither."""
        for role in ("admin", "support"):
            if role in self.roles:
                return Actor(role, self.user_id)
        return None
