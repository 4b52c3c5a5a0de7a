"""Uploads of documents, their review, and their end.

The document is stored before its files are attached, and the profile is written after both: a repeat, or the
consumer of the document's event, continues where a kill ended it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec
import structlog
from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.audit import NOWHERE, Origin
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict, FieldChecks, NotFound, StaleVersion, ValidationFailed
from supportcarr.contracts.events import AnyEvent, DriverDocumentUploaded
from supportcarr.contracts.ids import DRIVER_DOCUMENT
from supportcarr.drivers.applications import commands
from supportcarr.drivers.applications import state_machine as applications
from supportcarr.drivers.collections import DRIVER_DOCUMENTS
from supportcarr.drivers.driver_documents import model
from supportcarr.drivers.driver_documents.audit import document_reviewed
from supportcarr.drivers.driver_documents.model import CURRENT, RULES, DriverDocument, KindRules
from supportcarr.drivers.model import DocumentKind, DocumentSummary, DriverProfile
from supportcarr.drivers.ports import DocumentFiles, DocumentLinks, ViewLog
from supportcarr.drivers.service import DriverService
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.runtime.ids import derived_id
from supportcarr.kit.store.port import DuplicateKey, In, Range, Store
from supportcarr.kit.store.purge import delete_document
from supportcarr.kit.store.update import update, without_events

ATTEMPTS = 8  # at a profile that others change
UNATTACHED = timedelta(hours=1)  # wall time after which an upload that was cut off is deleted
REPLACED = timedelta(days=365)  # city time for which a replaced document is kept
PAGE = 200
MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime.fromisoformat("2020-01-01T00:00:00+00:00")

log = structlog.get_logger(__name__)


class UploadDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver uploads of one kind."""

    file_ids: tuple[str, ...]
    expires_on: date | None = None
    number: str | None = None
    vehicle_id: str | None = None


class DriverDocumentService:
    """The documents of drivers."""

    def __init__(
        self, store: Store, clock: Clock, drivers: DriverService, files: DocumentFiles, views: ViewLog
    ) -> None:
        self._documents = store.collection(DRIVER_DOCUMENTS)
        self._clock = clock
        self._drivers = drivers
        self._files = files
        self._views = views

    # --- the driver's ---------------------------------------------------------------------------------

    async def upload(
        self, actor: Actor, driver_id: str, kind: DocumentKind, command: UploadDocument
    ) -> DriverDocument:
        """Store a document, for an operator to review.  The same files again are the same document.

        Raises ``ValidationFailed``; ``IllegalTransition`` if the application was rejected.
        """
        profile = await self._drivers.open_profile(driver_id)
        applications.check_transition(profile, commands.State, actor)
        document = self._document(profile, kind, command)
        known = await self._documents.get(document.id)
        if known is None or known.unattached_since is not None:
            document = await self._store(await self._as_newest(document), known)
        elif _same_content(known, document):
            document = known
        else:
            raise _unusable("in_use", "This file belongs to another document of yours; upload it again")
        await self.refresh(driver_id)
        return await self._documents.get(document.id) or document

    def _document(
        self, profile: DriverProfile, kind: DocumentKind, command: UploadDocument
    ) -> DriverDocument:
        """The document that the command describes.  Raises ``ValidationFailed``."""
        rules = RULES[kind]
        checks = FieldChecks()
        checks.run(lambda: _check_files(command.file_ids))
        checks.run(lambda: self._check_expiry(kind, rules, command.expires_on))
        vehicle_id = checks.run(lambda: _vehicle(profile, rules, command.vehicle_id))
        checks.done()
        return DriverDocument(
            id=document_id(profile.id, command.file_ids),
            driver_id=profile.id,
            kind=kind,
            file_ids=command.file_ids,
            vehicle_id=vehicle_id,
            number=command.number,
            expires_on=command.expires_on,
            uploaded_at=to_milliseconds(self._clock.city()),
            unattached_since=to_milliseconds(self._clock.wall()),
        )

    def _check_expiry(self, kind: DocumentKind, rules: KindRules, expires_on: date | None) -> None:
        if rules.expires and expires_on is None:
            raise ValidationFailed.of("expires_on", "required", f"State the last day of your {kind}")
        if not rules.expires and expires_on is not None:
            raise ValidationFailed.of("expires_on", "not_allowed", "A photo has no last day")
        if expires_on is not None and expires_on < self._drivers.today():
            raise ValidationFailed.of("expires_on", "expired", f"It was valid until {expires_on}")

    async def _as_newest(self, document: DriverDocument) -> DriverDocument:
        """The document with a time after every other of its driver, as the newest one is current."""
        others = (await self.current([document.driver_id]))[document.driver_id]
        earliest = max((other.uploaded_at + MILLISECOND for other in others), default=document.uploaded_at)
        return replace(document, uploaded_at=max(document.uploaded_at, earliest))

    async def _store(self, document: DriverDocument, known: DriverDocument | None) -> DriverDocument:
        """Store the document and attach its files; *known* is what a cut off attempt has left of it."""
        purpose = RULES[document.kind].purpose
        if known is not None and not _same_content(known, document):
            await self._delete(known)
            known = None
        if known is None:
            await self._insert(document)
        try:
            for file_id in document.file_ids:
                await self._files.attach(file_id, document.driver_id, purpose, document.id, field="file_ids")
        except ValidationFailed:
            await self._delete(document)
            raise
        uploaded = DriverDocumentUploaded(
            document_id=document.id, driver_id=document.driver_id, kind=document.kind
        )
        pending = PendingEvents((uploaded,), Actor("driver", document.driver_id), document.uploaded_at)

        def attached(document: DriverDocument) -> tuple[DriverDocument, PendingEvents] | None:
            if document.unattached_since is None:
                return None
            return replace(document, unattached_since=None), pending

        return await update(self._documents, document.id, attached)

    async def _insert(self, document: DriverDocument) -> None:
        try:
            await self._documents.insert(document)
        except DuplicateKey:  # the same files, sent twice at the same time
            stored = await self._documents.get(document.id)
            if stored is None or not _same_content(stored, document):
                raise Conflict from None

    async def current(self, driver_ids: Sequence[str]) -> dict[str, list[DriverDocument]]:
        """The current documents of each of the drivers, the oldest first."""
        found: dict[str, list[DriverDocument]] = {driver_id: [] for driver_id in driver_ids}
        if not driver_ids:
            return found
        async for document in self._documents.scan(
            {"driver_id": In(tuple(driver_ids)), "state": In(CURRENT)}
        ):
            if document.unattached_since is None:
                found[document.driver_id].append(document)
        return {driver_id: sorted(documents, key=_order) for driver_id, documents in found.items()}

    async def links(self, documents: Iterable[DriverDocument]) -> Mapping[str, DocumentLinks]:
        """Links to the files of the documents, by file."""
        return await self._files.links([file_id for document in documents for file_id in document.file_ids])

    # --- operators' -------------------------------------------------------------------------------------

    async def read_by(self, operator: Actor, driver_id: str, origin: Origin = NOWHERE) -> None:
        """Note in the audit log that an operator reads a driver's documents."""
        await self._views.viewed(
            operator, "drivers.read_documents", driver_id, person_id=driver_id, origin=origin
        )

    async def review(
        self,
        operator: Actor,
        document_id: str,
        decision: Literal["approve", "reject"],
        reason: str | None = None,
        *,
        if_match: int | None = None,
        origin: Origin = NOWHERE,
    ) -> DriverDocument:
        """Approve or reject a document.  A repeat changes nothing.

        Raises ``NotFound``, ``IllegalTransition``; ``StaleVersion`` if it is not at version *if_match*.
        """
        known = await self._documents.get(document_id)
        if known is None or known.unattached_since is not None:
            raise NotFound
        now, today = self._clock.city(), self._drivers.today()

        def decided(document: DriverDocument) -> tuple[DriverDocument, PendingEvents] | None:
            after = model.reviewed(document, decision, reason, now, today)
            if after is None:
                return None
            if if_match is not None and if_match != document.version:
                raise StaleVersion(f"It is at version {document.version} now, not at {if_match}.")
            return after, PendingEvents(document_reviewed(document, after, origin), operator, now)

        document = await update(self._documents, document_id, decided)
        await self.refresh(document.driver_id)
        return document

    # --- the profile, and the end -----------------------------------------------------------------------

    async def refresh(self, driver_id: str) -> None:
        """Keep in the profile what the driver's documents are now; mark those that are replaced.  Idempotent.

        Documents are read after the profile, which is saved only at the version that was read: so the last
        writer has read what everybody else wrote.
        """
        for _ in range(ATTEMPTS):
            profile = await self._drivers.find_profile(driver_id)
            if profile is None:
                return
            found = (await self.current([driver_id]))[driver_id]
            current, gone = model.split_current(found, profile.vehicle_ids)
            for document in gone:
                await self._mark_replaced(document)
            with suppress(StaleVersion):
                await self._save_summaries(profile, tuple(map(model.summary_of, current)))
                return
        raise Conflict

    async def _save_summaries(self, read: DriverProfile, summaries: tuple[DocumentSummary, ...]) -> None:
        """Raises ``StaleVersion`` if the profile is not as it was read."""
        now = self._clock.city()
        moves: list[AnyEvent] = []

        def changed(profile: DriverProfile) -> DriverProfile:
            if profile.version != read.version:
                raise StaleVersion
            after, moved = model.with_documents(profile, summaries, now)
            moves[:] = moved
            return after

        await self._drivers.change(read.id, SYSTEM, changed, lambda before, after: moves)

    async def _mark_replaced(self, document: DriverDocument) -> None:
        now = self._clock.city()
        with suppress(NotFound):
            await update(
                self._documents, document.id, without_events(lambda current: model.replaced(current, now))
            )

    async def expire(self, driver_id: str) -> None:
        """Mark the driver's documents that have expired.  Idempotent."""
        today = self._drivers.today()
        for document in (await self.current([driver_id]))[driver_id]:
            await update(
                self._documents, document.id, without_events(lambda current: model.expired(current, today))
            )
        await self.refresh(driver_id)

    async def collect(self) -> None:
        """Delete documents that were replaced long ago, and those whose upload was cut off.  Idempotent."""
        cut_off = Range(lt=self._clock.wall() - UNATTACHED)
        old = Range(lt=self._clock.city() - REPLACED)
        removed = await self._delete_all("unattached_since", cut_off)
        removed += await self._delete_all("replaced_at", old)
        if removed:
            log.info("driver_documents_removed", documents=removed)

    async def _delete_all(self, field: str, times: Range) -> int:
        removed = 0
        while page := (await self._documents.find({field: times}, sort=field, limit=PAGE)).items:
            for document in page:
                await self._delete(document)
            removed += len(page)
        return removed

    async def _delete(self, document: DriverDocument) -> None:
        """Let go of the files, which are then collected, and delete the document.

        Raises ``VersionConflict`` if others keep changing it.
        """
        for file_id in document.file_ids:
            await self._files.detach(file_id, document.id)
        await delete_document(self._documents, document.id)


def document_id(driver_id: str, file_ids: Sequence[str]) -> str:
    """The id of a driver's document with these files: the same for a repeat."""
    return derived_id(DRIVER_DOCUMENT, _EPOCH, f"{driver_id}.{file_ids[0]}")


def _check_files(file_ids: Sequence[str]) -> None:
    """Raises ``ValidationFailed``."""
    if len(set(file_ids)) < len(file_ids):
        raise _unusable("duplicate", "Name each file once")


def _vehicle(profile: DriverProfile, rules: KindRules, named: str | None) -> str | None:
    """The vehicle that the document is about.  Raises ``ValidationFailed``."""
    if named is not None and named not in profile.vehicle_ids:
        raise ValidationFailed.of("vehicle_id", "unknown", "None of your vehicles has that id")
    if named is None and rules.of_vehicle:
        if len(profile.vehicle_ids) != 1:
            raise ValidationFailed.of("vehicle_id", "required", "Name the vehicle that it is about")
        return profile.vehicle_ids[0]
    return named


def _same_content(one: DriverDocument, other: DriverDocument) -> bool:
    fields = ("driver_id", "kind", "file_ids", "vehicle_id", "number", "expires_on")
    return all(getattr(one, field) == getattr(other, field) for field in fields)


def _order(document: DriverDocument) -> tuple[datetime, str]:
    return document.uploaded_at, document.id


def _unusable(code: str, detail: str) -> ValidationFailed:
    return ValidationFailed.of("file_ids", code, detail)
