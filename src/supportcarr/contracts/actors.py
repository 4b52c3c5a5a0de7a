"""Actors and principals: who does something, and in which role."""

from __future__ import annotations

from typing import Literal

import msgspec

from supportcarr.contracts.errors import Unauthenticated

Role = Literal["rider", "driver", "support", "admin", "partner", "system"]

OPERATOR_ROLES: frozenset[str] = frozenset({"support", "admin"})  # they need TOTP


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who did something, and in which role.  The system has no id."""

    role: Role
    id: str | None = None

    @property
    def is_operator(self) -> bool:
        return self.role in ("support", "admin")


SYSTEM = Actor("system")


class Principal(msgspec.Struct, frozen=True):
    """The person, or the partner's key, whose token came with a request.

    ``totp``: the session was opened with a TOTP code, or the account needs none.  ``stepped_up_until``: wall
    seconds until which the session counts as stepped up.  Of a partner's key, ``user_id`` and ``partner_id``
    are the partner's id and ``key_id`` and ``session_id`` the key's; it holds the role ``partner`` and has
    *scopes*.
    """

    user_id: str
    roles: frozenset[str]
    session_id: str
    verified: bool = True
    totp: bool = False
    stepped_up_until: float = 0.0
    scopes: frozenset[str] = frozenset()
    partner_id: str | None = None
    key_id: str | None = None
    account_version: int = 0  # of the account when the token was issued

    @property
    def lacks_totp(self) -> bool:
        """True for operators whose session was not opened with a TOTP code."""
        return not self.totp and not OPERATOR_ROLES.isdisjoint(self.roles)

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
