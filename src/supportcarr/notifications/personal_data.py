"""What notifications holds of a person: the notifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_matching
from supportcarr.notifications.collections import NOTIFICATIONS


class NotificationData:
    """``privacy.ports.PersonalData`` of notifications."""

    part = "notifications"
    slow = False

    def __init__(self, store: Store) -> None:
        self._notifications = store.collection(NOTIFICATIONS)

    async def export(self, person_id: str) -> Mapping[str, Any]:
        found = [notification async for notification in self._notifications.scan({"user_id": person_id})]
        return {"notifications": found} if found else {}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()

    async def forget(self, person_id: str) -> None:
        await delete_matching(self._notifications, {"user_id": person_id})
