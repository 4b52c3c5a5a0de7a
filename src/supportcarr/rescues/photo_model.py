"""A photo of the job, and when one may be taken.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.documents import Document
from supportcarr.contracts.events import RescuePhotoTaken
from supportcarr.contracts.personal import Personal
from supportcarr.rescues.errors import PhotosClosed, TooManyPhotos
from supportcarr.rescues.late_steps import status_at
from supportcarr.rescues.model import Rescue

Stage = Literal["before", "after"]

PHOTOS_MAX = 10  # of one person, rescue and stage
OPEN_AFTER_END = timedelta(hours=24)  # city time: damage is often seen the next morning

_WITH_DRIVER = ("arrived", "in_transit")
_BEFORE_THE_RIDER = ("scheduled", "requested", "matching", "assigned", "en_route", *_WITH_DRIVER)


class Photo(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A photo that the rider or the driver took of the bike.  Its content is a file of the part ``files``."""

    rescue_id: str
    stage: Stage
    by: Actor
    file_id: str
    damage: bool = False  # it shows damage, by what its author says
    note: Annotated[str | None, Personal("by.id")] = None
    at: datetime  # city time: when it was taken
    received_at: datetime | None = None  # when we heard of it, if that was later
    taken: bool = False  # uploaded; until then nobody else sees it


def taken_event(rescue: Rescue, photo: Photo) -> RescuePhotoTaken:
    """The event for the others when a photo has been uploaded."""
    return RescuePhotoTaken(
        photo_id=photo.id,
        rescue_id=rescue.id,
        rider_id=rescue.rider_id,
        area_id=rescue.area_id,
        stage=photo.stage,
        taken_by="driver" if photo.by.role == "driver" else "rider",
        damage=photo.damage,
        driver_id=rescue.driver_id,
    )


def check_allowed(rescue: Rescue, by: Actor, stage: Stage, at: datetime) -> None:
    """Check that a photo may be, or might have been, taken at that time.

    Before: until the bike is delivered, of the driver from the arrival on.  After: from the loading until a
    day after the end.  Raises ``PhotosClosed``.
    """
    if not _is_open(rescue, by, stage, at):
        raise PhotosClosed(_CLOSED[stage])


def check_count(others: int) -> None:
    """Check that there may be one more beside *others* of that person and stage.

    Raises ``TooManyPhotos``.
    """
    if others >= PHOTOS_MAX:
        raise TooManyPhotos(f"There may be {PHOTOS_MAX} photos of each side, before and after")


def _is_open(rescue: Rescue, by: Actor, stage: Stage, at: datetime) -> bool:
    status = status_at(rescue, at)
    if stage == "before":
        return status in (_WITH_DRIVER if by.role == "driver" else _BEFORE_THE_RIDER)
    if rescue.ended_at is not None and at >= rescue.ended_at:
        return rescue.arrived_at is not None and at <= rescue.ended_at + OPEN_AFTER_END
    return status == "in_transit"


_CLOSED = {
    "before": "Photos of before are taken until the bike is delivered, by the driver from the arrival on",
    "after": "Photos of after are taken from the loading until a day after the end",
}
