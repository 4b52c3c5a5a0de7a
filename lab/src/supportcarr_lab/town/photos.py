"""Photos of jobs: the bike before and after, by its rider and its driver."""

from __future__ import annotations

from datetime import datetime

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.ids import FILE, PHOTO
from supportcarr.rescues.collections import PHOTOS
from supportcarr.rescues.photo_model import Photo, Stage, check_allowed
from supportcarr_lab.simulator.images import bike_photo
from supportcarr_lab.town.filled import Keep
from supportcarr_lab.town.options import Dice
from supportcarr_lab.town.pictures import Pictures
from supportcarr_lab.town.records import RescueRecord


class Camera:
    """Takes photos until the town's end."""

    def __init__(self, ends_at: datetime, dice: Dice, pictures: Pictures, keep: Keep) -> None:
        self._ends_at, self._dice, self._pictures, self._keep = ends_at, dice, pictures, keep

    def take(
        self,
        record: RescueRecord,
        by: Actor,
        stage: Stage,
        at: datetime,
        variant: int,
        *,
        damage: str | None = None,
    ) -> None:
        """Take a photo of the bike; *damage* is what its author says of damage that it shows."""
        rescue = record.rescue
        if at >= self._ends_at:
            return
        check_allowed(rescue, by, stage, at)
        assert by.id is not None, "a person takes it"
        photo_id = self._dice.new_id(PHOTO, at, rescue.id, by.id, stage)
        photo = Photo(
            id=photo_id,
            version=2,  # begun, and taken
            rescue_id=rescue.id,
            stage=stage,
            by=by,
            file_id=f"{FILE}_{photo_id.partition('_')[2]}",
            damage=damage is not None,
            note=damage,
            at=at,
            taken=True,
        )
        content = bike_photo(variant, damage=damage is not None)
        self._pictures.add(photo.file_id, by.id, "rescue_photo", photo_id, content, at)
        self._keep(PHOTOS, photo)
        record.photo_taken(photo)
