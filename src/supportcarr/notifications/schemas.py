"""Responses of the notification routes."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supportcarr.notifications.model import Notification


class NotificationView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A notification; times are city time, ``read_at`` is absent until it is read."""

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
