"""The photos of riders who have uploaded nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from supportcarr.contracts.errors import ValidationFailed
from supportcarr.riders.ports import PhotoLinks


class NoPhotos:
    """``riders.ports.PhotoFiles`` of riders who have uploaded nothing."""

    async def reserve(
        self, file_id: str, owner_id: str, purpose: str, subject_id: str, *, field: str = "file_id"
    ) -> None:
        raise ValidationFailed.of(field, "not_found", "There is no such file")

    async def follow(self, file_id: str, subject_id: str, is_used: Callable[[], Awaitable[bool]]) -> None:
        raise AssertionError("there are no photos")

    async def links(self, file_ids: Sequence[str]) -> Mapping[str, PhotoLinks]:
        return {}
