"""What notifications needs of other parts."""

from __future__ import annotations

from typing import Protocol

from supportcarr.contracts.languages import Language
from supportcarr.notifications.channels import Channel


class ReaderLanguages(Protocol):
    """The languages that people read.  Implemented by ``auth.service.AuthService``."""

    async def language_of(self, user_id: str) -> Language:
        """The language of the person's account; English if there is no such account."""


class ContactPreferences(ReaderLanguages, Protocol):
    """What people prefer.  Implemented by ``auth.service.AuthService``."""

    async def wanted_channels(self, user_id: str) -> frozenset[Channel]:
        """The channels that the person has not turned off; none if there is no such account."""


class TextMessages(Protocol):
    """Sends text messages.  Implemented by ``auth.code_texts.CodeTexts``."""

    async def send_notice(self, message_id: str, user_id: str, text: str) -> None:
        """Send *text* to the person's verified number, once for that id; nothing if there is none.

        Raises ``RetryLater`` while the provider cannot be reached.
        """
