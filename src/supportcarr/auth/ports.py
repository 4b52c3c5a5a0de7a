"""What auth needs from other parts."""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol


class RevocationList(Protocol):
    """Sessions that ended before their access tokens expired.

    Implemented by ``auth.revocations.Revocations``.
    """

    @property
    def known(self) -> Container[str]:
        """The session ids known to this process; always the same object."""

    def stale(self) -> bool:
        """True if sessions may have ended without this process knowing it."""

    async def confirm(self, session_id: str) -> None:
        """Raises ``Unauthenticated`` if the session has ended, ``Overloaded`` if that cannot be checked."""
