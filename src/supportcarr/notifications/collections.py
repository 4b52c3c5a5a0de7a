"""The collections of notifications."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.notifications.model import Notification
from supportcarr.notifications.push.model import PushSubscription

NOTIFICATIONS = CollectionSpec("notifications", Notification, indexes=(Index("user_id", "at"), Index("at")))
PUSH_SUBSCRIPTIONS = CollectionSpec("pushsubscriptions", PushSubscription, indexes=(Index("user_id"),))

SPECS: tuple[CollectionSpec[Any], ...] = (NOTIFICATIONS, PUSH_SUBSCRIPTIONS)
