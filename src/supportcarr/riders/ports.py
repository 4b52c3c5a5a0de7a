"""What riders need of other parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, Protocol


class LiveRescues(Protocol):
    """Implemented by ``rescues.service.RescueService``."""

    async def rescue_is_live(self, rescue_id: str) -> bool:
        """True if the rescue exists and is neither a booking nor final."""


class PhotoLinks(Protocol):
    """Links to a photo, valid for minutes.  Implemented by ``files.model.FileLinks``."""

    @property
    def content_type(self) -> str:
        """Of what the links show."""

    @property
    def state(self) -> Literal["awaiting_upload", "processing", "ready", "refused", "deleted"]:
        """There is something to see when it is ready."""

    @property
    def url(self) -> str | None:
        """``None`` while there is nothing to see."""

    @property
    def thumbnail_url(self) -> str | None:
        """``None`` while there is nothing to see."""


class PhotoFiles(Protocol):
    """Uploaded photos.  Implemented by ``files.service.FileService``."""

    async def reserve(
        self,
        file_id: str,
        owner_id: str,
        purpose: Literal["bike_photo"],
        subject_id: str,
        *,
        field: str = "file_id",
    ) -> None:
        """Let *subject_id* refer to the file.  Raises ``ValidationFailed`` about *field*."""

    async def follow(self, file_id: str, subject_id: str, is_used: Callable[[], Awaitable[bool]]) -> None:
        """Keep the file if *subject_id* refers to it now, as *is_used* says; let go of it otherwise."""

    async def links(self, file_ids: Sequence[str]) -> Mapping[str, PhotoLinks]:
        """Links by file; those that are gone are left out."""
