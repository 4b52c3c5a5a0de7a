"""Finds vehicles by their plates, of which keyed hashes are stored."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from supportcarr.drivers.collections import VEHICLES
from supportcarr.drivers.model import Vehicle
from supportcarr.kit.sealing.lookup_keys import LookupHashes, LookupKeys
from supportcarr.kit.store.port import Store, VersionConflict

PURPOSE = "plate"
FIELDS = ("plate_key", "plate_key_odd")
FOUND_MAX = 50
BATCH = 200


def normalized(plate: str) -> str:
    """The plate without what people write differently: ``abc 123`` and ``ABC-123`` are the same."""
    return "".join(character for character in plate.casefold() if character.isalnum())


def _field_of(number: int) -> str:
    return FIELDS[number % 2]


class Plates:
    """Implements ``lookup_rotation.HashedData``."""

    name = "plates"

    def __init__(self, store: Store, lookup_secrets: str) -> None:
        self._vehicles = store.collection(VEHICLES)
        self._keys = LookupKeys(store, lookup_secrets)

    async def with_hashes(self, vehicle: Vehicle) -> Vehicle:
        """The vehicle with what it is found by; to be saved."""
        return replace(vehicle, **_fields(await self._keys.hashes(), vehicle.plate))

    async def drivers_with(self, plate: str) -> Sequence[str]:
        """The ids of the drivers who have or had a vehicle with that plate."""
        if not normalized(plate):
            return []
        hashes = await self._keys.hashes()
        hashed = hashes.to_find(PURPOSE, normalized(plate))
        page = await self._vehicles.find({_field_of(hashes.complete): hashed}, limit=FOUND_MAX)
        return sorted({vehicle.driver_id for vehicle in page.items})

    async def add_hashes(self, number: int) -> int:
        hashes, done = await self._keys.hashes(), 0
        async for vehicle in self._vehicles.scan(batch=BATCH):
            if vehicle.plate and getattr(vehicle, _field_of(number)) is None:
                done += 1
                await self._save(vehicle, hashes)
        return done

    async def remove_hashes(self, number: int) -> int:
        hashes, done = await self._keys.hashes(), 0
        async for vehicle in self._vehicles.scan(batch=BATCH):
            if getattr(vehicle, _field_of(number)) is not None:
                done += await self._save(vehicle, hashes)
        return done

    async def _save(self, vehicle: Vehicle, hashes: LookupHashes) -> bool:
        try:
            await self._vehicles.save(replace(vehicle, **_fields(hashes, vehicle.plate)))
        except VersionConflict:
            return False  # it was changed meanwhile: left to the next pass
        return True


def _fields(hashes: LookupHashes, plate: str) -> dict[str, str | None]:
    """Both fields; the one of no key in use is ``None``."""
    nothing: dict[str, str | None] = dict.fromkeys(FIELDS)
    if not plate:
        return nothing
    return nothing | {_field_of(one): hashes.of(one, PURPOSE, normalized(plate)) for one in hashes.keys}
