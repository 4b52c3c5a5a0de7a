"""The errors of privacy.

Conflict
└── DeletionBlocked    409, something must end first; ``errors`` names what
"""

from __future__ import annotations

from collections.abc import Sequence

from supportcarr.contracts.errors import Conflict, FieldError

OBSTACLES = {
    "live_rescue": "You are in a rescue that is not over. Wait until it is, or cancel it.",
    "scheduled_rescue": "You have booked a rescue for later. Cancel it first.",
    "open_payment": "A payment of yours is not settled yet. That takes some minutes after a rescue.",
    "staff_account": "This is an operator's account. An admin must take its roles away first.",
}


class DeletionBlocked(Conflict):
    code, title = "deletion_blocked", "The account cannot be deleted yet"

    @classmethod
    def by(cls, obstacles: Sequence[str]) -> DeletionBlocked:
        """The error that names each obstacle."""
        errors = tuple(FieldError("account", code, OBSTACLES[code]) for code in obstacles)
        return cls(" ".join(error.detail for error in errors), errors=errors)
