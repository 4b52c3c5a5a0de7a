"""What privacy itself holds of a person: the exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supportcarr.privacy.exports import ExportService


class ExportData:
    """``privacy.ports.PersonalData`` of privacy."""

    part = "exports"
    slow = False

    def __init__(self, exports: ExportService) -> None:
        self._exports = exports

    async def export(self, person_id: str) -> Mapping[str, Any]:
        return {}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()

    async def forget(self, person_id: str) -> None:
        await self._exports.delete_all(person_id)
