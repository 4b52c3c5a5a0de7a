"""Chains the records of the audit log, signs the head, and anchors it outside the store.

One worker does so at a time (a leased task).  A lease is no guarantee, so the chain does not depend on it:
a record's place is a unique key, and only one of two workers can give it to a record.  The other reads what
was chained meanwhile and goes on from there.

1. Follow the chain from the stored head: a worker may have been killed between step 2 and step 4.
2. Give each waiting record the next place: one compare-and-set each.
3. Anchor the new head outside.
4. Store the signed head.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from msgspec.structs import replace

from supportcarr.audit.collections import HEADS, RECORDS
from supportcarr.audit.model import HEAD_ID, AuditHead, AuditRecord, chained, place_text
from supportcarr.audit.ports import HeadAnchor
from supportcarr.audit.signatures import HeadSigner
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.store.port import DuplicateKey, Range, Store, VersionConflict

PAGE = 200
PAGES = 25  # in one run: it signs and anchors at its end
_EVER = Range(ge=datetime(1970, 1, 1, tzinfo=UTC))


class ChainBroken(Exception):
    """A record does not follow the head: somebody changed the store (``supportcarr audit verify``)."""


class AuditChain:
    """The chain of one store."""

    def __init__(self, store: Store, clock: Clock, signer: HeadSigner, anchor: HeadAnchor) -> None:
        self._records = store.collection(RECORDS)
        self._heads = store.collection(HEADS)
        self._clock = clock
        self._signer = signer
        self._anchor = anchor

    async def extend(self) -> None:
        """Chain the records that wait.  Raises ``ChainBroken``."""
        stored = await self._stored_head()
        head = await self._follow(stored)
        for _ in range(PAGES):
            page = await self._records.find({"waiting_since": _EVER}, sort="waiting_since", limit=PAGE)
            for record in page.items:
                head = await self._append(head, record)
            if page.next_cursor is None:
                break
        if head.place != stored.place:
            await self._publish(head)

    async def purge(self, before: datetime) -> int:
        """Remove the records that were stored before that time from the chain's beginning; how many.

        The signed head keeps the place and hash of the last one removed, so that the rest still verifies.
        """
        await self.extend()
        removed = 0
        while True:
            head = await self._stored_head()
            old = await self._oldest(head, before)
            if not old:
                return removed
            last = old[-1]
            assert last.place is not None and last.hash is not None, "it is chained"
            if last.place > head.base_place and not await self._save(
                replace(head, base_place=last.place, base_hash=last.hash)
            ):
                continue  # another worker extended the chain
            for record in old:
                with suppress(VersionConflict):  # another worker removes it
                    await self._records.delete(record.id, record.version)
            removed += len(old)

    async def _oldest(self, head: AuditHead, before: datetime) -> list[AuditRecord]:
        """The records at the beginning of the chain that are older than that, in order; one page.

        A record before the base is one that a killed worker did not remove any more.
        """
        page = await self._records.find(
            {"chained_as": Range(ge=place_text(0))}, sort="chained_as", limit=PAGE
        )
        old: list[AuditRecord] = []
        for record in page.items:
            if (record.place or 0) > head.place or record.stored_at >= before:
                break
            old.append(record)
        return old

    async def _stored_head(self) -> AuditHead:
        head = await self._heads.get(HEAD_ID)
        return head or AuditHead(id=HEAD_ID, at=to_milliseconds(self._clock.wall()))

    async def _follow(self, head: AuditHead) -> AuditHead:
        """The head after the records that are chained behind it already."""
        while True:
            place = head.place + 1
            page = await self._records.find({"chained_as": place_text(place)}, limit=1)
            if not page.items:
                return head
            record = page.items[0]
            if record.previous != head.hash or record.hash is None:
                raise ChainBroken(f"record {place} ({record.id}) does not follow record {head.place}")
            head = replace(head, place=place, hash=record.hash)

    async def _append(self, head: AuditHead, record: AuditRecord) -> AuditHead:
        """The head after the record, which has the next place; or after those that took it."""
        while True:
            linked = chained(record, head.place + 1, head.hash)
            try:
                await self._records.save(linked)
            except VersionConflict:  # another worker chained it
                return await self._follow(head)
            except DuplicateKey:  # another worker gave that place to another record
                head = await self._follow(head)
                continue
            assert linked.hash is not None, "it was just chained"
            return replace(head, place=head.place + 1, hash=linked.hash)

    async def _publish(self, head: AuditHead) -> None:
        """Anchor the head outside, then store it."""
        at = to_milliseconds(self._clock.wall())
        await self._anchor.keep(self._signer.anchor(head.place, head.hash, at))
        await self._save(replace(head, at=at))

    async def _save(self, head: AuditHead) -> bool:
        """Sign and store the head; False if another worker has stored one meanwhile."""
        signed = self._signer.signed(head)
        try:
            await (self._heads.save(signed) if head.version else self._heads.insert(signed))
        except (VersionConflict, DuplicateKey):
            return False
        return True
