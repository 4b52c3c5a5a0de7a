"""What the audit log needs of others: a seal for personal data, and a place outside for its heads."""

from __future__ import annotations

from typing import Protocol

from supportcarr.audit.model import Anchor


class PersonalSeal(Protocol):
    """Seals text with the data key of a person.  Implemented by ``kit.sealing.data_keys.DataKeys``."""

    async def seal(self, person_id: str, purpose: str, data: bytes) -> str:
        """The data as sealed text; *purpose* names what it is and where it is stored."""

    async def open(self, person_id: str, purpose: str, sealed: str) -> bytes | None:
        """The data; ``None`` if the person's data key was destroyed."""


class HeadAnchor(Protocol):
    """Keeps signed heads where whoever changes the store cannot change them.

    Implemented by ``providers.audit_anchors.LogAnchor``, ``FileAnchor`` and ``S3Anchor``.
    """

    async def keep(self, anchor: Anchor) -> None:
        """Keep it; keeping one twice does no harm."""
