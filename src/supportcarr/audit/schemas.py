"""The query and the response of the audit log's route."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.audit.service import OpenedRecord
from supportcarr.contracts.routing import PageQuery

Text = Annotated[str, Meta(min_length=1, max_length=80)]
Fact = str | int | bool | list[str] | None


class AuditQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every filter that is given must match; ``since`` and ``until`` (not included) are city time."""

    actor: Text | None = None
    subject: Text | None = None
    person: Text | None = None
    action: Annotated[str, Meta(min_length=1, max_length=80, examples=["rescues.cancel"])] | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None


class AuditActor(msgspec.Struct, frozen=True, omit_defaults=True):
    role: str
    id: str | None = None


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One action.  Of a person who was erased only ids are left: then ``erased`` is true."""

    id: str
    at: Annotated[datetime, Meta(description="city time")]
    action: str
    actor: AuditActor
    subject: Annotated[str, Meta(description="the id of what was changed or read")]
    person_id: Annotated[str | None, Meta(description="whose account or data it concerns")] = None
    before: dict[str, Fact] = {}
    after: dict[str, Fact] = {}
    reason: str | None = None
    address: str | None = None
    session_id: str | None = None
    request_id: str | None = None
    erased: bool = False
    place: Annotated[int | None, Meta(description="in the chain; absent for the first seconds")] = None
    hash: str | None = None

    @classmethod
    def of(cls, opened: OpenedRecord) -> AuditEntry:
        record, details = opened.record, opened.details
        return cls(
            id=record.id,
            at=record.at,
            action=record.action,
            actor=AuditActor(record.actor_role, record.actor_id),
            subject=record.subject,
            person_id=record.person_id,
            before=details.before if details else {},
            after=details.after if details else {},
            reason=details.reason if details else None,
            address=opened.address,
            session_id=record.session_id,
            request_id=record.request_id,
            erased=details is None,
            place=record.place,
            hash=record.hash,
        )
