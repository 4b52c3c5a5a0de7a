"""What rescues holds of a person: the rescues as rider or driver, messages, photos and share links."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

from msgspec.structs import replace

from supportcarr.contracts.geo import Place, coarse
from supportcarr.contracts.rescues import FINAL, LIVE
from supportcarr.kit.store.port import In, Store, VersionConflict, Where
from supportcarr.kit.store.update import update, without_events
from supportcarr.rescues.collections import MESSAGES, PHOTOS, RESCUES, SHARE_LINKS
from supportcarr.rescues.model import Message, Rescue
from supportcarr.rescues.photo_model import Photo

PAGE = 200
Side = Literal["rider_id", "driver_id"]
SIDES: tuple[Side, ...] = ("rider_id", "driver_id")


class RescueData:
    """``privacy.ports.PersonalData`` of rescues, and ``RescuesOfRider`` of other parts.

    A rescue of an erased rider stays for the driver and for the books: with ids, times, states and prices,
    and the places to about a kilometre.
    """

    part = "rescues"
    slow = False

    def __init__(self, store: Store) -> None:
        self._rescues = store.collection(RESCUES)
        self._messages = store.collection(MESSAGES)
        self._photos = store.collection(PHOTOS)
        self._links = store.collection(SHARE_LINKS)

    async def ids_of_rider(self, person_id: str) -> list[str]:
        """The ids of the rescues that the person asked for."""
        return [rescue.id async for rescue in self._of(person_id, "rider_id")]

    async def export(self, person_id: str) -> Mapping[str, Any]:
        as_rider = [_as_rider(rescue, person_id) async for rescue in self._of(person_id, "rider_id")]
        as_driver = [_as_driver(rescue, person_id) async for rescue in self._of(person_id, "driver_id")]
        messages = [
            {"rescue_id": message.rescue_id, "at": message.at, "text": message.text}
            async for message in self._messages_of(person_id)
        ]
        photos = [
            {
                "rescue_id": photo.rescue_id,
                "stage": photo.stage,
                "at": photo.at,
                "file_id": photo.file_id,
                "damage": photo.damage,
                "note": photo.note,
            }
            async for photo in self._photos_of(person_id)
        ]
        links = [
            {"rescue_id": link.rescue_id, "created_at": link.created_at, "expires_at": link.expires_at}
            async for link in self._links.scan({"rider_id": person_id})
        ]
        found = {
            "as_rider": as_rider,
            "as_driver": as_driver,
            "messages": messages,
            "photos": photos,
            "share_links": links,
        }
        return {name: values for name, values in found.items() if values}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        found = []
        for side in SIDES:
            where: Where = {side: person_id, "status": In(LIVE)}
            if (await self._rescues.find(where, sort="created_at", limit=1)).items:
                found.append("live_rescue")
        booked = {"rider_id": person_id, "status": "scheduled"}
        if (await self._rescues.find(booked, sort="created_at", limit=1)).items:
            found.append("scheduled_rescue")
        return found

    async def forget(self, person_id: str) -> None:
        async for message in self._messages_of(person_id):
            with suppress(VersionConflict):  # another run deleted it
                await self._messages.delete(message.id, message.version)
        async for link in self._links.scan({"rider_id": person_id}):
            with suppress(VersionConflict):  # another run deleted it
                await self._links.delete(link.id, link.version)
        async for photo in self._photos_of(person_id):
            await update(self._photos, photo.id, without_events(_without_note))
        async for rescue in self._of(person_id, "rider_id"):
            await update(self._rescues, rescue.id, without_events(lambda r: _without_rider(r, person_id)))
        async for rescue in self._of(person_id, "driver_id"):
            await update(self._rescues, rescue.id, without_events(lambda r: _without_words(r, person_id)))

    async def _of(self, person_id: str, side: Side) -> AsyncIterator[Rescue]:
        cursor: str | None = None
        while True:
            page = await self._rescues.find({side: person_id}, sort="created_at", limit=PAGE, cursor=cursor)
            for rescue in page.items:
                yield rescue
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _messages_of(self, person_id: str) -> AsyncIterator[Message]:
        """The messages that the person wrote, in the rescues that they are in."""
        for side in SIDES:
            async for rescue in self._of(person_id, side):
                async for message in self._messages.scan({"rescue_id": rescue.id}):
                    if message.sender.id == person_id:
                        yield message

    async def _photos_of(self, person_id: str) -> AsyncIterator[Photo]:
        """The photos that the person took, in the rescues that they are in."""
        for side in SIDES:
            async for rescue in self._of(person_id, side):
                async for photo in self._photos.scan({"rescue_id": rescue.id}):
                    if photo.by.id == person_id:
                        yield photo


def _without_note(photo: Photo) -> Photo | None:
    """A photo is evidence for its time; what its author wrote about it is not."""
    return None if photo.note is None else replace(photo, note=None)


def _as_rider(rescue: Rescue, person_id: str) -> dict[str, Any]:
    """The rescue as the rider may have it: without the driver's words."""
    quote = rescue.quote
    return _as_driver(rescue, person_id) | {
        "pickup": quote.pickup,
        "dropoff": quote.dropoff,
        "note": rescue.note,
        "price_items": quote.items,
        "total_minor": quote.total_minor,
        "owed_minor": rescue.owed.rider_minor if rescue.owed else None,
        "currency": quote.currency,
        "payment": rescue.payment.status,
    }


def _as_driver(rescue: Rescue, person_id: str) -> dict[str, Any]:
    """The rescue as the driver may have it: without the rider's places and words."""
    return {
        "id": rescue.id,
        "status": rescue.status,
        "kind": rescue.quote.kind,
        "problem": rescue.quote.problem,
        "created_at": rescue.created_at,
        "scheduled_for": rescue.scheduled_for,
        "ended_at": rescue.ended_at,
        "outcome": rescue.outcome,
        "timeline": [
            {
                "at": entry.at,
                "to": entry.to,
                "by": entry.actor.role,
                "reason": entry.reason if entry.actor.id in (None, person_id) else None,
            }
            for entry in rescue.timeline
        ],
    }


def _without_rider(rescue: Rescue, person_id: str) -> Rescue | None:
    """A rescue that is over, without what it says of its rider; ``None`` if it says nothing."""
    if rescue.status not in FINAL:
        return None  # it is an obstacle, so this does not happen
    quote = replace(
        rescue.quote, pickup=_coarse(rescue.quote.pickup), dropoff=_coarse(rescue.quote.dropoff), bike_id=None
    )
    after = replace(_words_removed(rescue, person_id), quote=quote, note=None, pin="")
    return None if after == rescue else after


def _without_words(rescue: Rescue, person_id: str) -> Rescue | None:
    after = _words_removed(rescue, person_id)
    return None if after == rescue else after


def _words_removed(rescue: Rescue, person_id: str) -> Rescue:
    """The rescue without the reasons that the person gave, which may be their own words."""
    timeline = tuple(
        replace(entry, reason=None) if entry.actor.id == person_id else entry for entry in rescue.timeline
    )
    return replace(rescue, timeline=timeline)


def _coarse(place: Place) -> Place:
    point = coarse(place.point)
    return Place(point.lat, point.lng)
