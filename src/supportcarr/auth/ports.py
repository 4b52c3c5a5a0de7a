"""What auth needs of others."""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol


class RevocationList(Protocol):
    """Sessions that ended before their access tokens did (``auth.revocations.Revocations``)."""

    @property
    def known(self) -> Container[str]:
        """The ids of those that this process knows of; one object, for good."""

    def stale(self) -> bool:
        """True if those may not be all."""

    async def confirm(self, session_id: str) -> None:
        """Raises ``Unauthenticated``: it has ended; ``Overloaded``: nobody can tell."""
