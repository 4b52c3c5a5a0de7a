"""HTTP routes of drivers: their application, vehicles and availability, and the operators' view."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from supportcarr.contracts.actors import Actor, Principal
from supportcarr.contracts.errors import ValidationFailed
from supportcarr.contracts.ids import VEHICLE
from supportcarr.contracts.policies import DRIVER, OPERATORS
from supportcarr.contracts.routing import NoQuery, PageResponse, RequestContext, Response, Route
from supportcarr.drivers.applications.routes import application_routes
from supportcarr.drivers.checks.routes import check_routes
from supportcarr.drivers.checks.service import DriverCheckService
from supportcarr.drivers.commands import AddVehicle, ChangeVehicle
from supportcarr.drivers.driver_documents.routes import document_routes
from supportcarr.drivers.driver_documents.service import DriverDocumentService
from supportcarr.drivers.model import DriverProfile, Vehicle
from supportcarr.drivers.ports import PeopleFinder, PhotoLinks
from supportcarr.drivers.schemas import (
    AvailabilityIn,
    AvailabilityOut,
    DriverOut,
    DriversQuery,
    VehicleChangeIn,
    VehicleIn,
    VehicleOut,
)
from supportcarr.drivers.service import DriverService
from supportcarr.drivers.vehicle_service import VehicleService


def routes(
    service: DriverService,
    vehicles: VehicleService,
    documents: DriverDocumentService,
    checks: DriverCheckService,
    people: PeopleFinder,
) -> list[Route]:
    """The drivers' routes."""
    return [
        *application_routes(service, documents, checks),
        *document_routes(documents),
        *check_routes(checks),
        *_work_routes(service, vehicles),
        *_operator_routes(service, vehicles, people),
    ]


def _work_routes(service: DriverService, vehicles: VehicleService) -> list[Route]:
    """Routes of vehicles and availability."""

    async def list_vehicles(request: RequestContext[None, NoQuery]) -> Response:
        driver_id = request.caller.user_id
        profile = await service.open_profile(driver_id)
        found = await vehicles.listed(driver_id)
        links = await vehicles.photo_links(found)
        return Response(PageResponse([_vehicle(v, profile, links) for v in found]))

    async def add_vehicle(request: RequestContext[VehicleIn, NoQuery]) -> Response:
        driver = request.caller
        command = AddVehicle(**msgspec.structs.asdict(request.body))
        vehicle = await vehicles.add(_actor(driver), driver.user_id, command, vehicle_id=request.new_id)
        return Response(VehicleOut.of(vehicle, await vehicles.photo_links([vehicle])), status=201)

    async def change_vehicle(request: RequestContext[VehicleChangeIn, NoQuery]) -> Response:
        driver = request.caller
        command = ChangeVehicle(**msgspec.structs.asdict(request.body))
        vehicle = await vehicles.change(
            _actor(driver), driver.user_id, request.path_params["vehicle_id"], command
        )
        links = await vehicles.photo_links([vehicle])
        return Response(_vehicle(vehicle, await service.open_profile(driver.user_id), links))

    async def remove_vehicle(request: RequestContext[None, NoQuery]) -> Response:
        driver = request.caller
        await vehicles.remove(_actor(driver), driver.user_id, request.path_params["vehicle_id"])
        return Response(status=204)

    async def put_availability(request: RequestContext[AvailabilityIn, NoQuery]) -> Response:
        driver, body = request.caller, request.body
        if body.on_break and not body.online:
            raise ValidationFailed.of("on_break", "not_allowed", "Only a driver who is online takes a break")
        profile = await service.set_availability(
            _actor(driver),
            driver.user_id,
            online=body.online,
            vehicle_id=body.vehicle_id,
            on_break=body.on_break,
        )
        return Response(AvailabilityOut.of(profile))

    return [
        Route(
            method="GET",
            path="/me/vehicles",
            handler=list_vehicles,
            summary="List the driver's vehicles",
            policy=DRIVER,
            tag="drivers",
            response=PageResponse[VehicleOut],
        ),
        Route(
            method="POST",
            path="/me/vehicles",
            handler=add_vehicle,
            summary="Add a vehicle",
            policy=DRIVER.when_verified(),
            tag="drivers",
            body=VehicleIn,
            response=VehicleOut,
            status=201,
            codes=("too_many_vehicles",),
            idempotent=True,
            key_optional=True,
            new_id=VEHICLE,
        ),
        Route(
            method="PATCH",
            path="/me/vehicles/{vehicle_id}",
            handler=change_vehicle,
            summary="Describe a vehicle anew",
            policy=DRIVER.of("caller").when_verified(),
            tag="drivers",
            body=VehicleChangeIn,
            response=VehicleOut,
            codes=("not_found", "vehicle_in_use"),
        ),
        Route(
            method="DELETE",
            path="/me/vehicles/{vehicle_id}",
            handler=remove_vehicle,
            summary="Remove a vehicle",
            policy=DRIVER.of("caller").when_verified(),
            tag="drivers",
            status=204,
            codes=("not_found", "vehicle_in_use"),
        ),
        Route(
            method="PUT",
            path="/me/availability",
            handler=put_availability,
            summary="Go online or offline, or take a break",
            policy=DRIVER.when_verified(),
            tag="drivers",
            body=AvailabilityIn,
            response=AvailabilityOut,
            codes=(
                "driver_not_approved",
                "documents_not_valid",
                "vehicle_on_job",
                "on_job",
                "rest_required",
                "too_many_breaks",
            ),
        ),
    ]


def _operator_routes(service: DriverService, vehicles: VehicleService, people: PeopleFinder) -> list[Route]:
    """Routes of operators."""

    async def list_drivers(request: RequestContext[None, DriversQuery]) -> Response:
        query = request.query
        if query.q is not None:
            ids = await people.find(query.q.strip())
            found = await service.find_among(ids, query.state, in_review=query.in_review)
            return Response(PageResponse(list(await asyncio.gather(*map(view, found)))))
        page = await service.find(query.state, query.limit, query.cursor, in_review=query.in_review)
        return Response(PageResponse(list(await asyncio.gather(*map(view, page.items))), page.next_cursor))

    async def view(profile: DriverProfile) -> DriverOut:
        return DriverOut.of(profile, await service.name(profile.id), service.missing_requirements(profile))

    async def list_vehicles(request: RequestContext[None, NoQuery]) -> Response:
        profile = await service.profile(request.path_params["driver_id"])
        found = await vehicles.listed(profile.id)
        links = await vehicles.photo_links(found)
        return Response(PageResponse([_vehicle(vehicle, profile, links) for vehicle in found]))

    return [
        Route(
            method="GET",
            path="/admin/drivers",
            handler=list_drivers,
            summary="List drivers",
            policy=OPERATORS,
            tag="operations",
            query=DriversQuery,
            response=PageResponse[DriverOut],
        ),
        Route(
            method="GET",
            path="/admin/drivers/{driver_id}/vehicles",
            handler=list_vehicles,
            summary="List a driver's vehicles",
            policy=OPERATORS.of("staff"),
            tag="operations",
            response=PageResponse[VehicleOut],
            codes=("not_found",),
        ),
    ]


def _actor(driver: Principal) -> Actor:
    return driver.acting_as("driver")


def _vehicle(vehicle: Vehicle, profile: DriverProfile, links: Mapping[str, PhotoLinks]) -> VehicleOut:
    return VehicleOut.of(vehicle, links, in_use=profile.online and profile.vehicle_id == vehicle.id)
