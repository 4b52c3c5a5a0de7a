"""A notification as its person sees it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supportcarr.notifications.model import Notification


class NotificationView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Times are city time; ``read_at`` is absent until it has been read."""

    id: str
    kind: str
    title: str
    body: str
    at: datetime
    rescue_id: str | None = None
    read_at: datetime | None = None

    @classmethod
    def of(cls, notification: Notification) -> NotificationView:
        return cls(
            id=notification.id,
            kind=notification.kind,
            title=notification.title,
            body=notification.body,
            at=notification.at,
            rescue_id=notification.rescue_id,
            read_at=notification.read_at,
        )
