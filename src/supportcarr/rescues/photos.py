"""The photos of a rescue: the bike before and after, by its rider and its driver, kept as evidence.

The upload is begun with the photo's document, which nobody else sees until the upload is complete; then its
file is attached, so that it is kept, and the others are told.  A repeat continues where a kill ended it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from supportcarr.contracts.actors import Actor, Principal
from supportcarr.contracts.audit import NOWHERE, Origin
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Forbidden, NotFound
from supportcarr.contracts.ids import PHOTO
from supportcarr.kit.objects.port import UploadForm
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.update import update
from supportcarr.rescues.access import actor_for
from supportcarr.rescues.collections import PHOTOS, RESCUES
from supportcarr.rescues.late_steps import time_of_photo
from supportcarr.rescues.model import Rescue
from supportcarr.rescues.photo_model import Photo, Stage, check_allowed, check_count, taken_event
from supportcarr.rescues.ports import FileLinks, PhotoFiles, ViewLog
from supportcarr.rescues.settings import RescueSettings
from supportcarr.rescues.state_machine import is_participant


class PhotoWithForm(NamedTuple):
    """A photo whose upload is awaited; no form if that is over."""

    photo: Photo
    form: UploadForm | None


class PhotoWithLinks(NamedTuple):
    """A photo and the links to its content."""

    photo: Photo
    links: FileLinks


class PhotoService:
    """Photos of rescues."""

    def __init__(
        self, store: Store, clock: Clock, files: PhotoFiles, views: ViewLog, settings: RescueSettings
    ) -> None:
        self._rescues = store.collection(RESCUES)
        self._photos = store.collection(PHOTOS)
        self._clock = clock
        self._files = files
        self._views = views
        self._late_step_seconds = settings.late_step_seconds

    async def begin(
        self,
        rescue_id: str,
        principal: Principal,
        stage: Stage,
        content_type: str,
        size: int,
        *,
        damage: bool = False,
        note: str | None = None,
        happened_at: datetime | None = None,
        photo_id: str | None = None,
    ) -> PhotoWithForm:
        """Begin the upload of a photo; the same *photo_id* again is the same photo.

        *happened_at*: when it was taken (city time), if it is sent later; the status of that time counts.
        Raises ``NotFound``; ``Forbidden`` for operators; ``PhotosClosed``, ``TooManyPhotos``; and what the
        upload raises for its type and size.
        """
        rescue = await self._rescue(rescue_id, principal)
        by = actor_for(rescue, principal)
        if by.is_operator:
            raise Forbidden("Photos are taken by the rider and the driver")
        if photo_id is not None and (known := await self._photos.get(photo_id)):
            return PhotoWithForm(known, await self._files.form(known.file_id, principal.user_id))
        now = to_milliseconds(self._clock.city())
        at = time_of_photo(rescue, happened_at, now, self._late_step_seconds) if happened_at else now
        check_allowed(rescue, by, stage, at)
        check_count(await self._count(rescue_id, by, stage))
        photo_id = photo_id or new_id(PHOTO)
        file_id = await self._files.request(photo_id, principal.user_id, content_type, size)
        photo = Photo(
            id=photo_id,
            rescue_id=rescue.id,
            stage=stage,
            by=by,
            file_id=file_id,
            damage=damage,
            note=note,
            at=at,
            received_at=now if happened_at else None,
        )
        try:
            photo = await self._photos.insert(photo)
        except DuplicateKey:  # the same request, made twice at the same time
            photo = await self._photos.get(photo.id) or photo
        return PhotoWithForm(photo, await self._files.form(photo.file_id, principal.user_id))

    async def complete(self, rescue_id: str, photo_id: str, principal: Principal) -> PhotoWithLinks:
        """The photo is uploaded: keep its file, and tell the others.  A repeat changes nothing.

        Raises ``NotFound``, also for a photo of somebody else; ``TooManyPhotos`` for an upload that others
        have overtaken; and what the upload raises.
        """
        rescue = await self._rescue(rescue_id, principal)
        by = actor_for(rescue, principal)
        photo = await self._photos.get(photo_id)
        if photo is None or photo.rescue_id != rescue_id or photo.by != by:
            raise NotFound
        if not photo.taken:
            check_count(await self._count(rescue_id, by, photo.stage, but=photo_id))
        await self._files.complete(photo.file_id, photo_id, by)
        pending = PendingEvents((taken_event(rescue, photo),), by, self._clock.city())

        def completed(now: Photo) -> tuple[Photo, PendingEvents] | None:
            return None if now.taken else (msgspec.structs.replace(now, taken=True), pending)

        photo = await update(self._photos, photo_id, completed)
        links = await self._files.links([photo.file_id])
        if photo.file_id not in links:
            raise NotFound
        return PhotoWithLinks(photo, links[photo.file_id])

    async def list_photos(
        self, rescue_id: str, principal: Principal, *, origin: Origin = NOWHERE
    ) -> Sequence[PhotoWithLinks]:
        """The photos that are there, the oldest first; that an operator looks at them is audited.

        Raises ``NotFound``.
        """
        rescue = await self._rescue(rescue_id, principal)
        reader = actor_for(rescue, principal)
        if reader.is_operator:
            await self._views.viewed(
                reader, "rescues.read_photos", rescue.id, person_id=rescue.rider_id, origin=origin
            )
        photos = [photo for photo in await self._of(rescue_id) if photo.taken]
        links = await self._files.links([photo.file_id for photo in photos])
        return [PhotoWithLinks(p, links[p.file_id]) for p in photos if p.file_id in links]

    async def _count(self, rescue_id: str, by: Actor, stage: Stage, *, but: str = "") -> int:
        """The photos of that person and stage that are there, or whose upload may still come."""
        count = 0
        for photo in await self._of(rescue_id):
            if (photo.by, photo.stage) == (by, stage) and photo.id != but:
                count += photo.taken or await self._may_come(photo)
        return count

    async def _may_come(self, photo: Photo) -> bool:
        """Whether the form of an upload that is awaited is still valid."""
        try:
            form = await self._files.form(photo.file_id, photo.by.id or "")
        except NotFound:  # it was collected
            return False
        return form is not None and form.expires_at > self._clock.wall()

    async def _of(self, rescue_id: str) -> Sequence[Photo]:
        """All of them: each person's are limited in number, but a rescue may have had several drivers."""
        return [photo async for photo in self._photos.scan({"rescue_id": rescue_id})]

    async def _rescue(self, rescue_id: str, principal: Principal) -> Rescue:
        rescue = await self._rescues.get(rescue_id)
        if rescue is None or not is_participant(rescue, actor_for(rescue, principal)):
            raise NotFound
        return rescue
