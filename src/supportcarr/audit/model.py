"""Records of the audit log, their chain, and its signed head.  Pure.

Each record holds the hash of the record before it and its own, which covers every other field.  So a record
can be changed, removed or moved only together with all that follow; the signed heads, which are also kept
outside the store, prevent that.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document

FORMAT = 1  # of ``canonical_bytes``
GENESIS = "0" * 64  # stands for the hash of the record before the first
HEAD_ID = "head"
PLATFORM = "platform"  # whose key seals the details of what concerns no person


class AuditRecord(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One action.  ``details`` and ``address`` are sealed with the data key of the person they concern."""

    event_id: str  # of the event that it was made from; of a view its own id
    at: datetime  # city time
    stored_at: datetime  # wall time
    action: str
    actor_role: str
    actor_id: str | None = None  # None: the system
    subject: str
    person_id: str | None = None  # whose account or data it concerns
    session_id: str | None = None
    request_id: str | None = None
    details: str | None = None  # ``Details``, sealed
    address: str | None = None  # the client's, sealed
    waiting_since: datetime | None = None  # wall time; set until the record is part of the chain
    chained_as: str | None = None  # its place in the chain from 1, as text that sorts
    previous: str | None = None  # the hash of the record before it
    hash: str | None = None

    @property
    def details_owner(self) -> str:
        """The person with whose data key the details are sealed."""
        return self.person_id or self.actor_id or PLATFORM

    @property
    def place(self) -> int | None:
        """Its number in the chain."""
        return int(self.chained_as) if self.chained_as else None


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an action changed, and why."""

    before: dict[str, str | int | bool | list[str] | None] = {}
    after: dict[str, str | int | bool | list[str] | None] = {}
    reason: str | None = None


class AuditHead(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The end of the chain, signed, and where it begins: older records were removed by retention."""

    place: int = 0
    hash: str = GENESIS
    base_place: int = 0  # of the last record that was removed
    base_hash: str = GENESIS
    at: datetime  # wall time
    signature: str = ""


class Anchor(msgspec.Struct, frozen=True):
    """A signed head as it is kept outside the store."""

    place: int
    hash: str
    at: datetime
    signature: str


def place_text(place: int) -> str:
    """The place as text that sorts by number."""
    return f"{place:012d}"


def canonical_bytes(record: AuditRecord, place: int, previous: str) -> bytes:
    """What the hash of a record covers: everything but its version, and whether it waits."""
    return msgspec.json.encode(
        [
            FORMAT,
            place,
            previous,
            record.id,
            record.event_id,
            _stamp(record.at),
            _stamp(record.stored_at),
            record.action,
            record.actor_role,
            record.actor_id,
            record.subject,
            record.person_id,
            record.session_id,
            record.request_id,
            record.details,
            record.address,
        ]
    )


def record_hash(record: AuditRecord, place: int, previous: str) -> str:
    """SHA-256 of the record at that place, after the record with the hash *previous*."""
    return hashlib.sha256(canonical_bytes(record, place, previous)).hexdigest()


def chained(record: AuditRecord, place: int, previous: str) -> AuditRecord:
    """The record as a part of the chain."""
    return replace(
        record,
        waiting_since=None,
        chained_as=place_text(place),
        previous=previous,
        hash=record_hash(record, place, previous),
    )


def head_text(head: AuditHead) -> str:
    """What the signature of a head covers."""
    return f"{head.place}:{head.hash}:{head.base_place}:{head.base_hash}:{_stamp(head.at)}"


def anchor_text(place: int, hash: str, at: datetime) -> str:
    """What the signature of an anchor covers."""
    return f"{place}:{hash}:{_stamp(at)}"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
