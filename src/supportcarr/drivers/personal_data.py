"""What drivers holds of a person: the application with its documents and checks, vehicles, shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from supportcarr.drivers.collections import DRIVER_CHECKS, DRIVER_DOCUMENTS, PROFILES, SHIFTS, VEHICLES
from supportcarr.drivers.model import Vehicle
from supportcarr.drivers.shifts import Shift
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_document, delete_matching
from supportcarr.kit.store.update import update, without_events

SHIFTS_READ = 2000  # some a day, for as long as they are kept
VEHICLES_READ = 1000  # of one driver; each may have ten at a time


class DriverData:
    """``privacy.ports.PersonalData`` of drivers.

    A vehicle stays without its plate, because rescues refer to it.
    """

    part = "driver"
    slow = False

    def __init__(self, store: Store) -> None:
        self._profiles = store.collection(PROFILES)
        self._vehicles = store.collection(VEHICLES)
        self._shifts = store.collection(SHIFTS)
        self._documents = store.collection(DRIVER_DOCUMENTS)
        self._checks = store.collection(DRIVER_CHECKS)

    async def export(self, person_id: str) -> Mapping[str, Any]:
        profile = await self._profiles.get(person_id)
        if profile is None:
            return {}
        return {
            "profile_and_papers": profile,
            "documents": [document async for document in self._documents.scan({"driver_id": person_id})],
            "checks": [check async for check in self._checks.scan({"driver_id": person_id})],
            "vehicles": await self._vehicles_of(person_id),
            "shifts": await self._shifts_of(person_id),
        }

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()  # a job that is not over is one of rescues

    async def forget(self, person_id: str) -> None:
        """Delete the profile.  Raises ``VersionConflict`` if it is changed meanwhile: run it again."""
        for vehicle in await self._vehicles_of(person_id):
            await update(self._vehicles, vehicle.id, without_events(_without_plate))
        while shifts := await self._shifts_of(person_id):
            for shift in shifts:
                await delete_document(self._shifts, shift.id)
        await delete_matching(self._documents, {"driver_id": person_id})
        await delete_matching(self._checks, {"driver_id": person_id})
        await delete_document(self._profiles, person_id)

    async def _shifts_of(self, driver_id: str) -> list[Shift]:
        page = await self._shifts.find({"driver_id": driver_id}, sort="began_at", limit=SHIFTS_READ)
        return page.items

    async def _vehicles_of(self, driver_id: str) -> list[Vehicle]:
        return (await self._vehicles.find({"driver_id": driver_id}, limit=VEHICLES_READ)).items


def _without_plate(vehicle: Vehicle) -> Vehicle | None:
    after = replace(vehicle, plate="", plate_key=None, plate_key_odd=None, removed=True)
    return None if after == vehicle else after
