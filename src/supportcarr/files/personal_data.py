"""What files holds of a person: what they uploaded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from supportcarr.files.collections import FILES
from supportcarr.files.links import file_name
from supportcarr.files.model import StoredFile, key_of
from supportcarr.files.removal import FileRemoval
from supportcarr.kit.objects.port import ObjectStore
from supportcarr.kit.store.port import Store


class FileData:
    """``privacy.ports.PersonalData`` and ``PersonalFiles`` of files."""

    part = "files"
    slow = True

    def __init__(self, store: Store, objects: ObjectStore, removal: FileRemoval, *, max_bytes: int) -> None:
        self._files = store.collection(FILES)
        self._objects = objects
        self._removal = removal
        self._max_bytes = max_bytes

    async def export(self, person_id: str) -> Mapping[str, Any]:
        return {
            "uploads": [
                {
                    "id": file.id,
                    "purpose": file.purpose,
                    "state": file.state,
                    "content_type": file.content_type,
                    "size": file.size,
                    "created_at": file.created_at,
                }
                async for file in self._of(person_id)
            ]
        }

    async def files(self, person_id: str) -> AsyncIterator[tuple[str, bytes]]:
        """The person's ready files, by file name: what was uploaded if it is kept, or what is shown."""
        async for file in self._of(person_id):
            if file.state != "ready":
                continue
            original = "original" in file.objects
            data = await self._objects.get(
                key_of(file.id, "original" if original else "clean"), max_bytes=2 * self._max_bytes
            )
            if data is not None:
                content_type = file.content_type if original else file.shown_type
                yield file_name(file.id, content_type or file.content_type), data

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()

    async def forget(self, person_id: str) -> None:
        await self._removal.forget(person_id)

    async def _of(self, person_id: str) -> AsyncIterator[StoredFile]:
        async for file in self._files.scan({"owner_id": person_id}):
            if file.state != "deleted":
                yield file
