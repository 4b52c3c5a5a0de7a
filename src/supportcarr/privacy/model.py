"""Deletions of accounts and exports of personal data.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from supportcarr.contracts.documents import Document

DeletionState = Literal["waiting", "cancelled", "erasing", "erased"]
ExportState = Literal["preparing", "ready"]

POSTPONED = timedelta(hours=6)  # city time, while a rescue is live or money is open


class Deletion(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The deletion of an account; the id is the person's.

    ::

        waiting ──due──> erasing ──every part has forgotten──> erased
           │ ▲
           ▼ │ asked again
        cancelled

    Times are city time.  What remains of an erased person is this document and ids.
    """

    state: DeletionState = "waiting"
    requested_at: datetime
    sessions_before: datetime | None = None  # wall time: sessions opened before it end
    due_at: datetime | None = None  # of the erasure, while it is waiting
    obstacles: tuple[str, ...] = ()  # that postponed it the last time
    forgotten: tuple[str, ...] = ()  # the parts that have forgotten the person, sorted
    erased_at: datetime | None = None


class Export(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A copy of a person's data: a ZIP, in sealed chunks.  Times are wall time.

    ``attempt`` names the chunks, so that those of a run that was killed are not mixed up with others.
    """

    person_id: str
    state: ExportState = "preparing"
    requested_at: datetime
    expires_at: datetime
    ready_at: datetime | None = None
    attempt: str | None = None
    chunks: int = 0
    bytes: int = 0


class ExportChunk(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A part of an export's ZIP, sealed; the id is ``EXPORT.ATTEMPT.N``."""

    export_id: str
    data: str
    expires_at: datetime  # wall time


def due(deletion: Deletion, now: datetime) -> bool:
    """True if the grace period is over."""
    return deletion.state == "waiting" and deletion.due_at is not None and deletion.due_at <= now


def requested(
    before: Deletion | None, person_id: str, now: datetime, wall: datetime, grace: timedelta
) -> Deletion | None:
    """The deletion that begins now; ``None`` if there is one that was not cancelled."""
    if before is not None and before.state != "cancelled":
        return None
    version = before.version if before else 0
    return Deletion(id=person_id, version=version, requested_at=now, sessions_before=wall, due_at=now + grace)


def cancelled(deletion: Deletion) -> Deletion | None:
    """The deletion, cancelled; ``None`` if it does not wait (any more)."""
    if deletion.state != "waiting":
        return None
    return replace(deletion, state="cancelled", due_at=None, obstacles=())


def postponed(deletion: Deletion, now: datetime, obstacles: tuple[str, ...]) -> Deletion | None:
    """The deletion, a few hours later, because of those obstacles; ``None`` if it is not due."""
    if not due(deletion, now):
        return None
    return replace(deletion, due_at=now + POSTPONED, obstacles=obstacles)


def begun(deletion: Deletion, now: datetime) -> Deletion | None:
    """The deletion whose grace period is over; ``None`` if it is not due."""
    if not due(deletion, now):
        return None
    return replace(deletion, state="erasing", due_at=None, obstacles=())


def unasked(person_id: str, now: datetime) -> Deletion:
    """The deletion of an account that expired without being verified: the parts forget it already."""
    return Deletion(id=person_id, state="erasing", requested_at=now)


def forgotten_by(deletion: Deletion, part: str) -> Deletion | None:
    """The deletion with one more part that has forgotten the person; ``None`` if it is known."""
    if part in deletion.forgotten:
        return None
    return replace(deletion, forgotten=tuple(sorted({*deletion.forgotten, part})))


def erased(deletion: Deletion, now: datetime) -> Deletion | None:
    """The deletion, done; ``None`` if it was."""
    if deletion.state != "erasing":
        return None
    return replace(deletion, state="erased", erased_at=now)
