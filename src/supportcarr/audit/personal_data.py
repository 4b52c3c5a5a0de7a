"""What the audit log holds of a person: what operators did with the account and its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supportcarr.audit.collections import RECORDS
from supportcarr.kit.store.port import Store


class AuditData:
    """``privacy.ports.PersonalData`` of the audit log.

    Records stay, or the chain would break.  What they say of an erased person is sealed with the person's
    data key: once that is destroyed, only ids, actions and times can be read.
    """

    part = "audit"
    slow = False

    def __init__(self, store: Store) -> None:
        self._records = store.collection(RECORDS)

    async def export(self, person_id: str) -> Mapping[str, Any]:
        found = [
            {"at": record.at, "action": record.action, "by": record.actor_role}
            async for record in self._records.scan({"person_id": person_id})
        ]
        return {"actions_of_operators": found} if found else {}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()

    async def forget(self, person_id: str) -> None:
        return
