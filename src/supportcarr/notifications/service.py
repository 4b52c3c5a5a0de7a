"""Telling people what happened, and showing them what they were told."""

from __future__ import annotations

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import NotificationCreated
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import DuplicateKey, Page, Store, VersionConflict
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.notifications.model import Notification, mark_read, notification_id
from supportcarr.notifications.texts import NotificationText, notification_texts


class NotificationsService:
    """In-app notifications."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._notifications = store.collection(NOTIFICATIONS)
        self._clock = clock

    async def notify(self, event: EventEnvelope) -> None:
        """Store what each person is told because of *event*; running it again stores nothing."""
        for notice in notification_texts(event.event):
            await self._store(event, notice)

    async def _store(self, event: EventEnvelope, notice: NotificationText) -> None:
        notification = Notification(
            id=notification_id(f"{event.collection}.{event.id}", notice.user_id, event.at),
            user_id=notice.user_id,
            kind=notice.kind,
            title=notice.title,
            body=notice.body,
            rescue_id=notice.rescue_id,
            at=event.at,
        )
        fact = NotificationCreated(notification_id=notification.id, user_id=notice.user_id)
        try:
            await self._notifications.insert(notification, PendingEvents((fact,), SYSTEM, event.at))
        except DuplicateKey:
            return  # an earlier run of the same event stored it

    async def list_for(self, user_id: str, limit: int, cursor: str | None = None) -> Page[Notification]:
        """A person's notifications, newest first.  Raises ``BadCursor``."""
        return await self._notifications.find({"user_id": user_id}, sort="-at", limit=limit, cursor=cursor)

    async def get(self, id: str) -> Notification | None:
        return await self._notifications.get(id)

    async def read(self, user_id: str, id: str) -> Notification:
        """Note that the person has read it; answers it as it is then.

        Raises ``NotFound`` if it is not theirs.
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
                continue  # another device read it at the same moment; the next look finds it read
