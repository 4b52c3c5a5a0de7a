"""What privacy needs of every part: what it holds of a person, and that it forgets it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol


class PersonalData(Protocol):
    """What one part holds of people.  Implemented by the class in each part's ``personal_data.py``."""

    part: str
    slow: bool  # ``forget`` calls another service

    async def export(self, person_id: str) -> Mapping[str, Any]:
        """Everything that the part holds of the person, by file name; values are encoded as JSON.

        What belongs to other people (names, places, texts) is left out.
        """

    async def obstacles(self, person_id: str) -> Sequence[str]:
        """What must end before the person can be forgotten: keys of ``privacy.errors.OBSTACLES``."""

    async def forget(self, person_id: str) -> None:
        """Erase it.  Idempotent; safe to run again after a kill."""


class PersonalFiles(Protocol):
    """The files that people have uploaded.  Implemented by ``files.personal_data.FileData``."""

    def files(self, person_id: str) -> AsyncIterator[tuple[str, bytes]]:
        """The person's files, one after the other: a file name, and the content."""


class Sessions(Protocol):
    """Ends sessions.  Implemented by ``auth.personal_data.AccountData``."""

    async def end_sessions(self, user_id: str, reason: str, *, before: datetime) -> None:
        """End every session of the person that was opened before that wall time.  Idempotent."""


class DataKeys(Protocol):
    """The data keys of people.  Implemented by ``kit.sealing.data_keys.DataKeys``."""

    async def seal(self, person_id: str, purpose: str, data: bytes) -> str:
        """The data as sealed text; *purpose* names what it is and where it is stored."""

    async def open(self, person_id: str, purpose: str, sealed: str) -> bytes | None:
        """The data; ``None`` if the person's data key was destroyed."""

    async def destroy(self, person_id: str) -> None:
        """Destroy the person's data key: nothing that it sealed can be read any more.  Idempotent."""
