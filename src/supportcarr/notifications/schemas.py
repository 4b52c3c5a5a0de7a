"""Responses of the notification routes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from supportcarr.contracts.languages import Language
from supportcarr.contracts.routing import PageQuery
from supportcarr.notifications.model import Notification
from supportcarr.notifications.wording import words_of

Wanted = Annotated[
    Language | None, msgspec.Meta(description="of the words; without it that of the caller's account")
]


class WordsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """In which language a notification is wanted."""

    language: Wanted = None


class NotificationsQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query parameters of the list of notifications."""

    language: Wanted = None


class NotificationView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A notification in words of one language; times are city time.

    ``text``: the kind, or a narrower one.  ``read_at`` is absent until it is read.
    """

    id: str
    kind: str
    text: str | None = None
    title: str
    body: str
    at: datetime
    rescue_id: str | None = None
    read_at: datetime | None = None

    @classmethod
    def of(cls, notification: Notification, language: Language) -> NotificationView:
        words = words_of(notification, language)
        return cls(
            id=notification.id,
            kind=notification.kind,
            text=notification.text,
            title=words.title,
            body=words.body,
            at=notification.at,
            rescue_id=notification.rescue_id,
            read_at=notification.read_at,
        )
