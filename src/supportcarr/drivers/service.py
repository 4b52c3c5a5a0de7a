"""Onboarding, vehicles and availability of drivers."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import NotFound, StaleVersion
from supportcarr.contracts.ids import VEHICLE
from supportcarr.contracts.value_objects import DriverCard
from supportcarr.drivers import model
from supportcarr.drivers.collections import PROFILES, VEHICLES
from supportcarr.drivers.commands import AddVehicle, Apply
from supportcarr.drivers.errors import UnknownDriver
from supportcarr.drivers.model import Application, Approval, DriverProfile, Vehicle
from supportcarr.drivers.ports import UserDirectory
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Page, Store
from supportcarr.kit.store.update import update


class DriverService:
    """The verbs of drivers; every change that dispatch must know is recorded as a fact."""

    def __init__(self, store: Store, clock: Clock, people: UserDirectory) -> None:
        self._profiles = store.collection(PROFILES)
        self._vehicles = store.collection(VEHICLES)
        self._clock = clock
        self._people = people

    # --- profiles ---------------------------------------------------------------------------------

    async def open_profile(self, user_id: str) -> DriverProfile:
        """The driver's profile, made on first use."""
        if found := await self._profiles.get(user_id):
            return found
        try:
            return await self._profiles.insert(DriverProfile(id=user_id, created_at=self._clock.city()))
        except DuplicateKey:
            return await self.profile(user_id)

    async def profile(self, driver_id: str) -> DriverProfile:
        """Raises ``UnknownDriver``."""
        if found := await self._profiles.get(driver_id):
            return found
        raise UnknownDriver

    async def find(self, approval: Approval | None, limit: int, cursor: str | None) -> Page[DriverProfile]:
        """One page of drivers, by id (the order of their sign-up)."""
        where = {"approval": approval} if approval else None
        return await self._profiles.find(where, limit=limit, cursor=cursor)

    def missing_requirements(self, profile: DriverProfile) -> list[str]:
        """What the application still lacks today."""
        return model.missing_requirements(profile, self._clock.city().date())

    async def apply(
        self, actor: Actor, driver_id: str, command: Apply, *, if_match: int | None = None
    ) -> DriverProfile:
        """Raises ``StaleVersion`` if the profile is not at version *if_match* any more."""
        await self.open_profile(driver_id)
        form = Application(**msgspec.structs.asdict(command), applied_at=self._clock.city())
        return await self._change(driver_id, actor, lambda p: replace(p, application=form), if_match)

    async def set_approval(
        self, actor: Actor, driver_id: str, approval: Approval, *, if_match: int | None = None
    ) -> DriverProfile:
        """An operator approves or suspends.  What is missing informs the operator and does not bind:
        papers may have been seen elsewhere.  Raises ``UnknownDriver``, ``StaleVersion``."""
        await self.profile(driver_id)
        return await self._change(driver_id, actor, lambda p: model.set_approval(p, approval), if_match)

    # --- vehicles ---------------------------------------------------------------------------------

    async def vehicles(self, driver_id: str) -> list[Vehicle]:
        """The driver's vehicles, in the order they were added."""
        profile = await self.open_profile(driver_id)
        found = await self._vehicles.get_many(profile.vehicle_ids)
        return [found[v] for v in profile.vehicle_ids if v in found]

    async def add_vehicle(self, actor: Actor, driver_id: str, command: AddVehicle) -> Vehicle:
        """Raises ``TooManyVehicles``."""
        model.with_vehicle(await self.open_profile(driver_id), "")
        vehicle = await self._vehicles.insert(
            Vehicle(
                id=new_id(VEHICLE),
                driver_id=driver_id,
                created_at=self._clock.city(),
                **msgspec.structs.asdict(command),
            )
        )
        await self._change(driver_id, actor, lambda p: model.with_vehicle(p, vehicle.id))
        return vehicle

    async def remove_vehicle(self, actor: Actor, driver_id: str, vehicle_id: str) -> None:
        """Raises ``VehicleInUse``; ``NotFound`` for a vehicle that is not the driver's."""
        profile = await self.open_profile(driver_id)
        vehicle = await self._vehicles.get(vehicle_id)
        if vehicle is None or vehicle.driver_id != driver_id:
            raise NotFound
        if vehicle_id in profile.vehicle_ids:
            await self._change(driver_id, actor, lambda p: model.without_vehicle(p, vehicle_id))

    # --- availability -----------------------------------------------------------------------------

    async def set_availability(
        self, actor: Actor, driver_id: str, online: bool, vehicle_id: str | None = None
    ) -> DriverProfile:
        """Go online or offline.  Raises ``NotApproved``, ``UnknownVehicle``."""
        await self.open_profile(driver_id)
        if online:
            return await self._change(driver_id, actor, lambda p: model.go_online(p, vehicle_id))
        return await self._change(driver_id, actor, model.go_offline)

    async def set_offline(self, driver_id: str, reason: str) -> None:
        """Take a driver offline who did not ask for it; nothing if the driver is offline already."""
        await self._change(driver_id, SYSTEM, lambda p: model.go_offline(p, reason) if p.online else p)

    async def card(self, driver_id: str) -> DriverCard:
        """What a rider sees of the driver.  Raises ``NotFound`` (also if they never drove)."""
        profile = await self.profile(driver_id)
        vehicle = await self._vehicles.get(profile.vehicle_id) if profile.vehicle_id else None
        if vehicle is None:
            raise UnknownDriver
        person = await self._people.person(driver_id)
        return DriverCard(driver_id, person.name, vehicle.card)

    async def name(self, driver_id: str) -> str | None:
        """The driver's name; ``None`` if the account is gone."""
        try:
            return (await self._people.person(driver_id)).name
        except NotFound:
            return None

    async def _change(
        self,
        driver_id: str,
        actor: Actor,
        to: Callable[[DriverProfile], DriverProfile],
        if_match: int | None = None,
    ) -> DriverProfile:
        """Save what *to* makes of the profile, with the fact of it; nothing if it makes the same.

        Raises ``StaleVersion`` if the profile is not at version *if_match*.
        """

        def decide(profile: DriverProfile) -> tuple[DriverProfile, PendingEvents | None] | None:
            if if_match is not None and if_match != profile.version:
                raise StaleVersion(f"It is at version {profile.version} now, not at {if_match}.")
            after = to(profile)
            if after == profile:
                return None
            facts = model.standing_events(profile, after)
            return after, PendingEvents(facts, actor, self._clock.city()) if facts else None

        return await update(self._profiles, driver_id, decide)
