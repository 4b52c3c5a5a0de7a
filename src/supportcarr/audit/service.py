"""Appends actions to the audit log, and reads it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supportcarr.audit.collections import RECORDS
from supportcarr.audit.model import AuditRecord, Details
from supportcarr.audit.ports import PersonalSeal
from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import OperatorActed
from supportcarr.contracts.ids import AUDIT_RECORD
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.runtime.ids import derived_id, new_id
from supportcarr.kit.store.port import DuplicateKey, Page, Range, Scalar, Store

DETAILS, ADDRESS = "audit details", "audit address"  # what is sealed


class OpenedRecord(msgspec.Struct, frozen=True):
    """A record with what was sealed; ``None`` if the person's data key was destroyed."""

    record: AuditRecord
    details: Details | None
    address: str | None


class AuditLog:
    """The audit log of one store."""

    def __init__(self, store: Store, clock: Clock, seal: PersonalSeal) -> None:
        self._records = store.collection(RECORDS)
        self._clock = clock
        self._seal = seal

    async def append(self, envelope: EventEnvelope) -> None:
        """Append the record of an action.  Idempotent: its id follows from the event's."""
        await self._insert(await self.record(envelope))

    async def record(self, envelope: EventEnvelope) -> AuditRecord:
        """The record of an action, sealed and not stored."""
        acted = envelope.event
        assert isinstance(acted, OperatorActed)
        event_id = f"{envelope.collection}.{envelope.id}"
        record_id = derived_id(AUDIT_RECORD, envelope.at, event_id)
        return await self._sealed(record_id, event_id, envelope.actor, envelope.at, acted)

    async def viewed(
        self, by: Actor, what: str, subject: str, *, person_id: str | None = None, origin: Origin
    ) -> None:
        """Append the record that an operator read somebody's data: one an hour for each reader and subject.

        It is stored before the data is shown.  Raises ``StoreError``: then nothing is shown.
        """
        now = self._clock.city()
        hour = now.replace(minute=0, second=0, microsecond=0)
        event_id = f"view.{by.id}.{what}.{subject}.{hour:%Y%m%d%H}"
        record_id = derived_id(AUDIT_RECORD, hour, event_id)
        if await self._records.get(record_id) is None:
            acted = OperatorActed(action=what, subject=subject, person_id=person_id, origin=origin)
            await self._append(record_id, event_id, by, now, acted)

    async def failed(self, what: str, person_id: str, origin: Origin) -> None:
        """Append the record that somebody, who is not known, failed to sign in to that account."""
        now = self._clock.city()
        event_id = f"attempt.{new_id(AUDIT_RECORD)}"
        acted = OperatorActed(action=what, subject=person_id, person_id=person_id, origin=origin)
        await self._append(derived_id(AUDIT_RECORD, now, event_id), event_id, SYSTEM, now, acted)

    async def find(
        self,
        *,
        actor: str | None = None,
        subject: str | None = None,
        person: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> tuple[list[OpenedRecord], str | None]:
        """The records that match every filter, newest first, and the next page's cursor.

        Raises ``BadCursor``.
        """
        given = {"actor_id": actor, "subject": subject, "person_id": person, "action": action}
        where: dict[str, Scalar | Range] = {name: value for name, value in given.items() if value}
        if since or until:
            where["at"] = Range(ge=since, lt=until)
        page: Page[AuditRecord] = await self._records.find(where, sort="-at", limit=limit, cursor=cursor)
        return [await self._opened(record) for record in page.items], page.next_cursor

    async def _append(
        self, record_id: str, event_id: str, by: Actor, at: datetime, acted: OperatorActed
    ) -> None:
        await self._insert(await self._sealed(record_id, event_id, by, at, acted))

    async def _insert(self, record: AuditRecord) -> None:
        try:
            await self._records.insert(record)
        except DuplicateKey:
            return  # an earlier run of the same event stored it

    async def _sealed(
        self, record_id: str, event_id: str, by: Actor, at: datetime, acted: OperatorActed
    ) -> AuditRecord:
        now = to_milliseconds(self._clock.wall())
        record = AuditRecord(
            id=record_id,
            event_id=event_id,
            at=at,
            stored_at=now,
            waiting_since=now,
            action=acted.action,
            actor_role=by.role,
            actor_id=by.id,
            subject=acted.subject,
            person_id=acted.person_id,
            session_id=acted.origin.session_id,
            request_id=acted.origin.request_id,
        )
        details = Details(acted.before, acted.after, acted.reason)
        sealed = sealed_address = None
        if details != Details():
            sealed = await self._seal.seal(
                record.details_owner, _purpose(record, DETAILS), msgspec.json.encode(details)
            )
        if acted.origin.address is not None:
            sealed_address = await self._seal.seal(
                _address_owner(record), _purpose(record, ADDRESS), acted.origin.address.encode()
            )
        return msgspec.structs.replace(record, details=sealed, address=sealed_address)

    async def _opened(self, record: AuditRecord) -> OpenedRecord:
        details: Details | None = Details()
        if record.details is not None:
            opened = await self._seal.open(record.details_owner, _purpose(record, DETAILS), record.details)
            details = msgspec.json.decode(opened, type=Details) if opened is not None else None
        address = None
        if record.address is not None:
            raw = await self._seal.open(_address_owner(record), _purpose(record, ADDRESS), record.address)
            address = raw.decode() if raw is not None else None
        return OpenedRecord(record, details, address)


def _address_owner(record: AuditRecord) -> str:
    """The address is the actor's."""
    return record.actor_id or record.details_owner


def _purpose(record: AuditRecord, what: str) -> str:
    return f"auditlog.{what}.{record.id}"
