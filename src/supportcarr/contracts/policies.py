"""Policies: who may call a route, by role.  A route without a policy cannot be declared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may call a route."""

    roles: frozenset[str] | None  # None: any signed-in person
    public: bool = False


ANYONE = Policy(None, public=True)
SIGNED_IN = Policy(None)
RIDER = Policy(frozenset({"rider"}))
DRIVER = Policy(frozenset({"driver"}))
RESCUE_PEOPLE = Policy(frozenset({"rider", "driver", "support", "admin"}))
OPERATORS = Policy(frozenset({"support", "admin"}))
ADMINS = Policy(frozenset({"admin"}))
