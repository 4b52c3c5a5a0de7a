"""Creates notifications from domain events, lists them, and marks them as read."""

from __future__ import annotations

from contextlib import suppress

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import NotificationCreated, NotificationToBeSent
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import DuplicateKey, Page, Store, VersionConflict
from supportcarr.notifications.channels import may_be_texted
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.notifications.model import Notification, mark_read, notification_id
from supportcarr.notifications.push.delivery import PushQueue
from supportcarr.notifications.texts import NotificationText, notification_texts


class NotificationsService:
    """In-app notifications."""

    def __init__(self, store: Store, clock: Clock, push: PushQueue | None = None) -> None:
        """Without *push* (tests) nothing goes to browsers."""
        self._notifications = store.collection(NOTIFICATIONS)
        self._clock = clock
        self._push = push

    async def notify(self, event: EventEnvelope) -> None:
        """Store the notifications that *event* causes.  Idempotent."""
        for text in notification_texts(event.event):
            await self._store(event, text)

    async def _store(self, event: EventEnvelope, text: NotificationText) -> None:
        of_event = notification_id(f"{event.collection}.{event.id}", text.user_id, event.at)
        notification = text.notification(of_event, event.at)
        created = NotificationCreated(notification_id=notification.id, user_id=text.user_id)
        sent = NotificationToBeSent(notification_id=notification.id, topic=text.topic)
        events = (created, sent) if may_be_texted(text.topic) else (created,)
        with suppress(DuplicateKey):  # an earlier run of the same event stored it
            await self._notifications.insert(notification, PendingEvents(events, SYSTEM, event.at))
        if self._push is not None:
            await self._push.add_notification(notification, text.topic, text.side)

    async def list_for(self, user_id: str, limit: int, cursor: str | None = None) -> Page[Notification]:
        """A person's notifications, newest first.  Raises ``BadCursor``."""
        return await self._notifications.find({"user_id": user_id}, sort="-at", limit=limit, cursor=cursor)

    async def get(self, id: str) -> Notification | None:
        return await self._notifications.get(id)

    async def read(self, user_id: str, id: str) -> Notification:
        """Mark a notification as read and return it.

        Raises ``NotFound`` if it is not the person's.
        """
        while True:
            notification = await self._notifications.get(id)
            if notification is None or notification.user_id != user_id:
                raise NotFound
            changed = mark_read(notification, self._clock.city())
            if changed is notification:
                return notification
            try:
                return await self._notifications.save(changed)
            except VersionConflict:
                continue  # another device marked it at the same time; the next read shows that
