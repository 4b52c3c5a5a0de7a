"""Who the operators are: one document, so that the last admin cannot be removed by two at once.  Pure."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from supportcarr.auth.errors import LastAdmin
from supportcarr.contracts.documents import Document

STAFF_ID = "staff"


class Staff(Document, frozen=True, kw_only=True):
    """The ids of the accounts with an operator's role, sorted."""

    admins: tuple[str, ...] = ()
    support: tuple[str, ...] = ()

    @property
    def people(self) -> list[str]:
        return sorted({*self.admins, *self.support})


def with_roles(staff: Staff, user_id: str, roles: Collection[str]) -> Staff:
    """The staff after the account has those roles.  Raises ``LastAdmin``."""
    admins = _listed(staff.admins, user_id, "admin" in roles)
    if staff.admins and not admins:
        raise LastAdmin
    return msgspec.structs.replace(
        staff, admins=admins, support=_listed(staff.support, user_id, "support" in roles)
    )


def _listed(ids: tuple[str, ...], user_id: str, wanted: bool) -> tuple[str, ...]:
    return tuple(sorted({*ids, user_id} if wanted else set(ids) - {user_id}))
