"""HTTP routes of drivers: their application, vehicles and availability, and the operators' view."""

from __future__ import annotations

import asyncio

import msgspec

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.errors import Forbidden
from supportcarr.drivers.commands import AddVehicle, Apply
from supportcarr.drivers.model import Approval, DriverProfile
from supportcarr.drivers.schemas import (
    ApplicationIn,
    ApplicationOut,
    AvailabilityIn,
    AvailabilityOut,
    DriverOut,
    DriversQuery,
    VehicleIn,
    VehicleOut,
)
from supportcarr.drivers.service import DriverService
from supportcarr.kit.http.routing import DRIVER, OPERATORS, Answer, Call, Listing, NoQuery, Principal, Route


def routes(service: DriverService) -> list[Route]:
    """The drivers' routes."""
    return [*_application_routes(service), *_work_routes(service), *_operator_routes(service)]


def _application_routes(service: DriverService) -> list[Route]:
    """How one becomes a driver."""

    def application(profile: DriverProfile) -> Answer:
        return Answer(ApplicationOut.of(profile, service.missing(profile)), version=profile.version)

    async def get_application(call: Call[None, NoQuery]) -> Answer:
        return application(await service.open_profile(call.who.user_id))

    async def put_application(call: Call[ApplicationIn, NoQuery]) -> Answer:
        who = call.who
        command = Apply(**msgspec.structs.asdict(call.body))
        return application(await service.apply(_driver(who), who.user_id, command, if_match=call.if_match))

    return [
        Route(
            method="GET",
            path="/me/driver-application",
            handle=get_application,
            summary="My application as a driver, and what it lacks",
            policy=DRIVER,
            tag="drivers",
            answer=ApplicationOut,
        ),
        Route(
            method="PUT",
            path="/me/driver-application",
            handle=put_application,
            summary="Fill in my application",
            policy=DRIVER,
            tag="drivers",
            body=ApplicationIn,
            answer=ApplicationOut,
            codes=("stale_version",),
            if_match=True,
        ),
    ]


def _work_routes(service: DriverService) -> list[Route]:
    """With what, and when, a driver works."""

    async def list_vehicles(call: Call[None, NoQuery]) -> Answer:
        found = await service.vehicles(call.who.user_id)
        return Answer(Listing([VehicleOut.of(v) for v in found]))

    async def add_vehicle(call: Call[VehicleIn, NoQuery]) -> Answer:
        who = call.who
        command = AddVehicle(**msgspec.structs.asdict(call.body))
        return Answer(
            VehicleOut.of(await service.add_vehicle(_driver(who), who.user_id, command)), status=201
        )

    async def remove_vehicle(call: Call[None, NoQuery]) -> Answer:
        who = call.who
        await service.remove_vehicle(_driver(who), who.user_id, call.path["vehicle_id"])
        return Answer(status=204)

    async def put_availability(call: Call[AvailabilityIn, NoQuery]) -> Answer:
        who, wish = call.who, call.body
        profile = await service.set_availability(
            _driver(who), who.user_id, online=wish.online, vehicle_id=wish.vehicle_id
        )
        return Answer(AvailabilityOut.of(profile))

    return [
        Route(
            method="GET",
            path="/me/vehicles",
            handle=list_vehicles,
            summary="My vehicles",
            policy=DRIVER,
            tag="drivers",
            answer=Listing[VehicleOut],
        ),
        Route(
            method="POST",
            path="/me/vehicles",
            handle=add_vehicle,
            summary="Add a vehicle",
            policy=DRIVER,
            tag="drivers",
            body=VehicleIn,
            answer=VehicleOut,
            status=201,
            codes=("too_many_vehicles",),
        ),
        Route(
            method="DELETE",
            path="/me/vehicles/{vehicle_id}",
            handle=remove_vehicle,
            summary="Remove a vehicle",
            policy=DRIVER,
            tag="drivers",
            status=204,
            codes=("not_found", "vehicle_in_use"),
        ),
        Route(
            method="PUT",
            path="/me/availability",
            handle=put_availability,
            summary="Go online or offline",
            policy=DRIVER,
            tag="drivers",
            body=AvailabilityIn,
            answer=AvailabilityOut,
            codes=("driver_not_approved",),
        ),
    ]


def _operator_routes(service: DriverService) -> list[Route]:
    """Who may drive."""

    async def list_drivers(call: Call[None, DriversQuery]) -> Answer:
        page = await service.find(call.query.state, call.query.limit, call.query.cursor)
        return Answer(Listing(list(await asyncio.gather(*map(seen, page.items))), page.next_cursor))

    async def approve(call: Call[None, NoQuery]) -> Answer:
        return await decide(call, "approved")

    async def suspend(call: Call[None, NoQuery]) -> Answer:
        return await decide(call, "suspended")

    async def decide(call: Call[None, NoQuery], approval: Approval) -> Answer:
        actor = call.who.operator
        if actor is None:
            raise Forbidden
        profile = await service.decide_approval(
            actor, call.path["driver_id"], approval, if_match=call.if_match
        )
        return Answer(await seen(profile), version=profile.version)

    async def seen(profile: DriverProfile) -> DriverOut:
        return DriverOut.of(profile, await service.name(profile.id), service.missing(profile))

    return [
        Route(
            method="GET",
            path="/admin/drivers",
            handle=list_drivers,
            summary="Drivers",
            policy=OPERATORS,
            tag="operations",
            query=DriversQuery,
            answer=Listing[DriverOut],
        ),
        Route(
            method="POST",
            path="/admin/drivers/{driver_id}/approval",
            handle=approve,
            summary="Approve a driver",
            policy=OPERATORS,
            tag="operations",
            answer=DriverOut,
            codes=("not_found", "stale_version"),
            if_match=True,
        ),
        Route(
            method="POST",
            path="/admin/drivers/{driver_id}/suspension",
            handle=suspend,
            summary="Suspend a driver, who goes offline",
            policy=OPERATORS,
            tag="operations",
            answer=DriverOut,
            codes=("not_found", "stale_version"),
            if_match=True,
        ),
    ]


def _driver(who: Principal) -> Actor:
    return who.acting_as("driver")
