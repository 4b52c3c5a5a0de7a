"""The collection of notifications."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.notifications.model import Notification

NOTIFICATIONS = CollectionSpec("notifications", Notification, indexes=(Index("user_id", "at"), Index("at")))

SPECS: tuple[CollectionSpec[Any], ...] = (NOTIFICATIONS,)
