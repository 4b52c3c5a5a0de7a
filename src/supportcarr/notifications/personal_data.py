"""What notifications holds of a person: the notifications, and the browsers that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_matching
from supportcarr.notifications.collections import NOTIFICATIONS, PUSH_SUBSCRIPTIONS
from supportcarr.notifications.push.schemas import PushSubscriptionView


class NotificationData:
    """``privacy.ports.PersonalData`` of notifications."""

    part = "notifications"
    slow = False

    def __init__(self, store: Store) -> None:
        self._notifications = store.collection(NOTIFICATIONS)
        self._subscriptions = store.collection(PUSH_SUBSCRIPTIONS)

    async def export(self, person_id: str) -> Mapping[str, Any]:
        found = [notification async for notification in self._notifications.scan({"user_id": person_id})]
        of_browsers = self._subscriptions.scan({"user_id": person_id})
        browsers = [PushSubscriptionView.of(subscription) async for subscription in of_browsers]
        data: dict[str, Any] = {}
        if found:
            data["notifications"] = found
        if browsers:
            data["push_subscriptions"] = browsers
        return data

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()

    async def forget(self, person_id: str) -> None:
        await delete_matching(self._subscriptions, {"user_id": person_id})
        await delete_matching(self._notifications, {"user_id": person_id})
