"""Queries and responses of privacy's routes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.contracts.routing import PageQuery
from supportcarr.privacy.model import Deletion, DeletionState, Export, ExportState


class DeletionView(msgspec.Struct, frozen=True, kw_only=True):
    """A deletion that waits: until ``erase_at`` it can be cancelled."""

    requested_at: Annotated[datetime, Meta(description="city time")]
    erase_at: Annotated[datetime, Meta(description="city time")]

    @classmethod
    def of(cls, deletion: Deletion) -> DeletionView:
        return cls(requested_at=deletion.requested_at, erase_at=deletion.due_at or deletion.requested_at)


class DeletionsQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """With ``person``: that person's deletion alone, whatever its state."""

    state: DeletionState = "waiting"
    person: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class DeletionRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A deletion as operators see it; times are city time."""

    person_id: str
    state: DeletionState
    requested_at: datetime
    erase_at: datetime | None = None
    erased_at: datetime | None = None
    obstacles: Annotated[tuple[str, ...], Meta(description="what postponed it the last time")] = ()

    @classmethod
    def of(cls, deletion: Deletion) -> DeletionRow:
        return cls(
            person_id=deletion.id,
            state=deletion.state,
            requested_at=deletion.requested_at,
            erase_at=deletion.due_at,
            erased_at=deletion.erased_at,
            obstacles=deletion.obstacles,
        )


class ExportView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A copy of the caller's data; times are wall time."""

    id: str
    state: ExportState
    requested_at: datetime
    expires_at: datetime
    bytes: Annotated[int, Meta(description="size of the ZIP, once it is ready")] = 0
    archive: Annotated[str | None, Meta(description="path of the ZIP, once it is ready")] = None

    @classmethod
    def of(cls, export: Export) -> ExportView:
        ready = export.state == "ready"
        return cls(
            id=export.id,
            state=export.state,
            requested_at=export.requested_at,
            expires_at=export.expires_at,
            bytes=export.bytes,
            archive=f"/api/v1/me/exports/{export.id}/archive" if ready else None,
        )
