"""The vehicles of drivers: list, add, change, remove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.events import VehicleChanged
from supportcarr.contracts.ids import VEHICLE
from supportcarr.drivers import model
from supportcarr.drivers.collections import VEHICLES
from supportcarr.drivers.commands import AddVehicle, ChangeVehicle
from supportcarr.drivers.model import Vehicle
from supportcarr.drivers.plates import Plates
from supportcarr.drivers.ports import LiveJobs, PhotoFiles, PhotoLinks
from supportcarr.drivers.service import DriverService
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.update import update


class VehicleService:
    """Vehicles; those of others do not exist for a driver.  Their ids are in the driver's profile."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        drivers: DriverService,
        jobs: LiveJobs,
        *,
        plates: Plates | None = None,
        photos: PhotoFiles | None = None,
    ) -> None:
        """Without *plates* new vehicles are not found by theirs; without *photos* they cannot have any."""
        self._vehicles = store.collection(VEHICLES)
        self._clock = clock
        self._drivers = drivers
        self._jobs = jobs
        self._plates = plates
        self._photos = photos

    async def listed(self, driver_id: str) -> list[Vehicle]:
        """List the driver's vehicles in the order they were added."""
        profile = await self._drivers.open_profile(driver_id)
        found = await self._vehicles.get_many(profile.vehicle_ids)
        return [found[v] for v in profile.vehicle_ids if v in found]

    async def add(
        self, actor: Actor, driver_id: str, command: AddVehicle, *, vehicle_id: str | None = None
    ) -> Vehicle:
        """Add a vehicle; repeated with the id of one that was added: that one, even if it was removed.

        Raises ``TooManyVehicles``; ``ValidationFailed`` for a photo that cannot be used.
        """
        vehicle = Vehicle(
            id=vehicle_id or new_id(VEHICLE),
            driver_id=driver_id,
            created_at=self._clock.city(),
            **msgspec.structs.asdict(command),
        )
        model.with_vehicle(await self._drivers.open_profile(driver_id), vehicle.id)
        await self._use_photos(driver_id, vehicle.id, vehicle.photo_ids)
        if self._plates is not None:
            vehicle = await self._plates.with_hashes(vehicle)
        try:
            vehicle = await self._vehicles.insert(vehicle, self._photos_added(actor, vehicle))
        except DuplicateKey:  # a repeat; the first may have died before the next step
            vehicle = await self._vehicles.get(vehicle.id) or vehicle
        if not vehicle.removed:
            await self._drivers.change(driver_id, actor, lambda p: model.with_vehicle(p, vehicle.id))
        return vehicle

    async def change(self, actor: Actor, driver_id: str, vehicle_id: str, command: ChangeVehicle) -> Vehicle:
        """Describe a vehicle anew; offers follow what it can carry from then on.

        Raises ``VehicleInUse`` while the driver is on a job with it: the rider waits for the plate that they
        were told.  ``ValidationFailed`` for a photo that cannot be used; ``NotFound`` for a vehicle of
        another driver, or one that was removed.
        """
        profile = await self._drivers.open_profile(driver_id)
        vehicle = await self._vehicles.get(vehicle_id)
        if vehicle is None or vehicle.driver_id != driver_id or vehicle.removed:
            raise NotFound
        model.check_not_on_job(profile, vehicle_id, await self._jobs.vehicles(driver_id))

        await self._use_photos(driver_id, vehicle_id, command.photo_ids or ())
        hashes: dict[str, str | None] = {}
        if self._plates is not None and command.plate is not None:
            hashed = await self._plates.with_hashes(replace(vehicle, plate=command.plate))
            hashes = {"plate_key": hashed.plate_key, "plate_key_odd": hashed.plate_key_odd}

        def changed(vehicle: Vehicle) -> tuple[Vehicle, PendingEvents] | None:
            after = model.changed_vehicle(vehicle, command, hashes)
            if after is None:
                return None
            event = VehicleChanged(
                driver_id=driver_id,
                vehicle_id=vehicle_id,
                photos_removed=tuple(photo for photo in vehicle.photo_ids if photo not in after.photo_ids),
                photos_added=tuple(photo for photo in after.photo_ids if photo not in vehicle.photo_ids),
            )
            return after, PendingEvents((event,), actor, self._clock.city())

        vehicle = await update(self._vehicles, vehicle_id, changed)
        await self._drivers.refresh_vehicle(driver_id)
        return vehicle

    async def _use_photos(self, driver_id: str, vehicle_id: str, photo_ids: Sequence[str]) -> None:
        """Raises ``ValidationFailed``."""
        for photo_id in photo_ids:
            if self._photos is None:
                raise ValidationFailed.of("photo_ids", "not_found", "There are no uploads here")
            await self._photos.reserve(photo_id, driver_id, "vehicle_photo", vehicle_id, field="photo_ids")

    def _photos_added(self, actor: Actor, vehicle: Vehicle) -> PendingEvents | None:
        """The event about the photos of a new vehicle; ``None`` if it has none."""
        if not vehicle.photo_ids:
            return None
        event = VehicleChanged(
            driver_id=vehicle.driver_id, vehicle_id=vehicle.id, photos_added=vehicle.photo_ids
        )
        return PendingEvents((event,), actor, self._clock.city())

    async def follow_photos(self, changed: VehicleChanged) -> None:
        """Keep the photos that a vehicle has, and let go of those it does not have any more.  Idempotent."""
        for photo_id in (*changed.photos_removed, *changed.photos_added):
            if self._photos is not None:
                has_photo = partial(self._has_photo, changed.vehicle_id, photo_id)
                await self._photos.follow(photo_id, changed.vehicle_id, has_photo)

    async def _has_photo(self, vehicle_id: str, photo_id: str) -> bool:
        vehicle = await self._vehicles.get(vehicle_id)
        return vehicle is not None and photo_id in vehicle.photo_ids

    async def photo_links(self, vehicles: Sequence[Vehicle]) -> Mapping[str, PhotoLinks]:
        """Links to the photos of the vehicles, by photo."""
        photo_ids = [photo for vehicle in vehicles for photo in vehicle.photo_ids]
        return await self._photos.links(photo_ids) if self._photos and photo_ids else {}

    async def remove(self, actor: Actor, driver_id: str, vehicle_id: str) -> None:
        """Remove a vehicle.  Raises ``VehicleInUse``; ``NotFound`` for a vehicle of another driver."""
        profile = await self._drivers.open_profile(driver_id)
        vehicle = await self._vehicles.get(vehicle_id)
        if vehicle is None or vehicle.driver_id != driver_id:
            raise NotFound
        if vehicle_id in profile.vehicle_ids:
            on_jobs = await self._jobs.vehicles(driver_id)
            await self._drivers.change(
                driver_id, actor, lambda p: model.without_vehicle(p, vehicle_id, on_jobs)
            )

        def removed(vehicle: Vehicle) -> tuple[Vehicle, PendingEvents] | None:
            after = model.mark_removed(vehicle)
            if after is None:
                return None
            event = VehicleChanged(
                driver_id=driver_id, vehicle_id=vehicle_id, photos_removed=vehicle.photo_ids
            )
            return after, PendingEvents((event,) if vehicle.photo_ids else (), actor, self._clock.city())

        await update(self._vehicles, vehicle_id, removed)
