"""An audit log with some records, and ways to tamper with it behind the platform's back."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from msgspec.structs import replace

from supportcarr.audit.chain import AuditChain
from supportcarr.audit.collections import HEADS, RECORDS
from supportcarr.audit.model import Anchor, AuditRecord, place_text
from supportcarr.audit.service import AuditLog
from supportcarr.audit.signatures import HeadSigner
from supportcarr.audit.verification import Verification, verify_chain
from supportcarr.contracts.actors import Actor
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import OperatorActed
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store, StoredDocument

SECRET = "the audit log's secret of the tests"
ADMIN = Actor("admin", "usr_admin")


class PlainSeal:
    """Seals nothing: readable text for tests that are not about sealing."""

    async def seal(self, person_id: str, purpose: str, data: bytes) -> str:
        return base64.b64encode(data).decode()

    async def open(self, person_id: str, purpose: str, sealed: str) -> bytes | None:
        return base64.b64decode(sealed)


@dataclass
class KeptAnchors:
    """A place outside the store."""

    anchors: list[Anchor] = field(default_factory=list)

    async def keep(self, anchor: Anchor) -> None:
        self.anchors.append(anchor)


class AuditWorld:
    """The audit log of a store, with its chain and anchors."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.records = store.collection(RECORDS)
        self.heads = store.collection(HEADS)
        self.signer = HeadSigner(SECRET)
        self.outside = KeptAnchors()
        self.log = AuditLog(store, self.clock, PlainSeal())
        self.chain = AuditChain(store, self.clock, self.signer, self.outside)
        self.store = store
        self._events = 0

    async def act(self, action: str = "rescues.cancel", subject: str = "res_1") -> EventEnvelope:
        """Append the record of one action."""
        self._events += 1
        envelope = EventEnvelope(
            id=f"{subject}.{self._events}.0",
            collection="rescuerequests",
            document_id=subject,
            document_version=self._events,
            at=self.clock.city(),
            actor=ADMIN,
            event=OperatorActed(
                action=action,
                subject=subject,
                person_id="usr_rider",
                before={"status": "assigned"},
                after={"status": "cancelled"},
                reason="duplicate",
                origin=Origin("198.51.100.7", "ses_1", "req-1"),
            ),
        )
        await self.log.append(envelope)
        return envelope

    async def verify(self) -> Verification:
        return await verify_chain(self.store, self.signer, self.outside.anchors)

    # --- tampering, as somebody with the store's password could --------------------------------------

    async def at(self, place: int) -> AuditRecord:
        """The record at that place."""
        [record] = (await self.records.find({"chained_as": place_text(place)}, limit=1)).items
        return record

    async def overwrite(self, *records: AuditRecord) -> None:
        await self.records.erase_stored([record.id for record in records])
        await self.records.write_stored([StoredDocument(record.id, record) for record in records])

    async def remove(self, *places: int) -> None:
        await self.records.erase_stored([(await self.at(place)).id for place in places])

    async def swap(self, one: int, other: int) -> None:
        """Exchange the places of two records."""
        first, second = await self.at(one), await self.at(other)
        await self.overwrite(
            replace(first, chained_as=second.chained_as), replace(second, chained_as=first.chained_as)
        )
