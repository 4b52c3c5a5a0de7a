"""The stored list of operators."""

from __future__ import annotations

from collections.abc import Sequence

from supportcarr.auth.collections import STAFF, USERS
from supportcarr.auth.staff import STAFF_ID, Staff, with_roles
from supportcarr.contracts.actors import OPERATOR_ROLES
from supportcarr.contracts.errors import Conflict
from supportcarr.kit.store.port import DuplicateKey, Store, VersionConflict

RACES = 5


class StaffList:
    def __init__(self, store: Store) -> None:
        self._staff = store.collection(STAFF)
        self._users = store.collection(USERS)

    async def note(self, user_id: str, roles: Sequence[str]) -> None:
        """Note which roles an account is about to have.  Raises ``LastAdmin``."""
        for _ in range(RACES):
            staff = await self.read()
            after = with_roles(staff, user_id, roles)
            if after == staff:
                return
            try:
                await self._staff.save(after)
                return
            except VersionConflict:
                continue
        raise Conflict

    async def read(self) -> Staff:
        """The list; made from all accounts where an older version kept none."""
        staff = await self._staff.get(STAFF_ID)
        if staff is not None:
            return staff
        staff = Staff(id=STAFF_ID)
        async for user in self._users.scan():
            if OPERATOR_ROLES & set(user.roles):
                staff = with_roles(staff, user.id, user.roles)
        try:
            return await self._staff.insert(staff)
        except DuplicateKey:
            return await self.read()
