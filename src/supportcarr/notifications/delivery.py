"""Sends notifications by channels beside the app, as jobs."""

from __future__ import annotations

from supportcarr.contracts.events import NotificationToBeSent
from supportcarr.kit.store.port import Store
from supportcarr.notifications.channels import channels_of
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.notifications.ports import ContactPreferences, TextMessages
from supportcarr.notifications.wording import Words, words_of

# Those that the GSM 7-bit alphabet lacks, and for which it has another: a single one makes a text of 160
# characters cost three instead of one.
_PLAIN = str.maketrans({"’": "'", "\u00a0": " "})


class NotificationDelivery:
    """Sends what the table of channels and the person's preferences allow (``notifications.channels``)."""

    def __init__(self, store: Store, preferences: ContactPreferences, texts: TextMessages) -> None:
        self._notifications = store.collection(NOTIFICATIONS)
        self._preferences = preferences
        self._texts = texts

    async def send(self, event: NotificationToBeSent) -> None:
        """Send a notification, unless it was read in the app meanwhile.  Idempotent.

        Raises ``RetryLater`` while a provider cannot be reached.
        """
        notification = await self._notifications.get(event.notification_id)
        if notification is None or notification.read_at is not None:
            return
        wanted = await self._preferences.wanted_channels(notification.user_id)
        if "sms" in channels_of(event.topic, wanted):
            language = await self._preferences.language_of(notification.user_id)
            text = text_of(words_of(notification, language))
            await self._texts.send_notice(notification.id, notification.user_id, text)


def text_of(words: Words) -> str:
    """A notification as a text message, without characters that would make it cost more."""
    title = words.title if words.title.endswith(("?", "!", ".")) else f"{words.title}."
    return f"SupportCarr: {title} {words.body}".translate(_PLAIN)
