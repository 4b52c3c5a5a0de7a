"""Policies: who may call a route.  A route without a policy cannot be declared.

The gateway enforces what it can without a read: roles, scopes, verification, TOTP and step-up.  Ownership is
declared here and enforced by the service that loads the resource; another person's resource is 404.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Ownership = Literal["caller", "participant", "staff"]
OWNERSHIP_TEXTS: dict[Ownership, str] = {
    "caller": "the caller's own",
    "participant": "the rescue's rider, its driver while assigned, and operators",
    "staff": "any, for operators",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may call a route.

    - ``roles``: the caller holds one of them; ``None``: any signed-in person;
    - ``public``: also without a token;
    - ``owner``: whose resources the path may name;
    - ``verified``: the account's phone number must be verified;
    - ``step_up``: a TOTP code was given within the last five minutes;
    - ``before_totp``: operators may call it before they have enrolled TOTP;
    - ``scopes``: the partner's key must have all of them.
    """

    roles: frozenset[str] | None
    public: bool = False
    owner: Ownership | None = None
    verified: bool = False
    step_up: bool = False
    before_totp: bool = False
    scopes: frozenset[str] = frozenset()

    def of(self, owner: Ownership) -> Policy:
        """The same for a path that names a resource: whose it may be.  For others it does not exist."""
        return replace(self, owner=owner)

    def when_verified(self) -> Policy:
        """The same for accounts whose phone number is verified."""
        return replace(self, verified=True)

    def after_step_up(self) -> Policy:
        """The same with a TOTP code within the last five minutes."""
        return replace(self, step_up=True)


ANYONE = Policy(None, public=True)
SIGNED_IN = Policy(None)
BEFORE_TOTP = Policy(None, before_totp=True)
RIDER = Policy(frozenset({"rider"}))
DRIVER = Policy(frozenset({"driver"}))
RESCUE_PEOPLE = Policy(frozenset({"rider", "driver", "support", "admin"}))
OPERATORS = Policy(frozenset({"support", "admin"}))
ADMINS = Policy(frozenset({"admin"}))


def partner_key(*scopes: str) -> Policy:
    """For partners' keys that have all of those scopes."""
    return Policy(frozenset({"partner"}), scopes=frozenset(scopes))
