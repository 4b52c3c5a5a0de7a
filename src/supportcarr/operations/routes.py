"""The console's HTTP routes, under ``/admin``."""

from __future__ import annotations

from typing import Any

from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.policies import OPERATORS
from supportcarr.contracts.routing import PageResponse, RequestContext, Response, Route
from supportcarr.kit.runtime.clock import Clock
from supportcarr.operations.model import Overview
from supportcarr.operations.ports import DriverPositions, OfferReader, PaymentReader, RescueReader, ViewLog
from supportcarr.operations.schemas import (
    AreaQuery,
    MapQuery,
    MapView,
    RescueDetailsView,
    RescueRow,
    RescuesQuery,
)
from supportcarr.operations.service import OperationsService


def routes(
    service: OperationsService,
    clock: Clock,
    rescues: RescueReader,
    offers: OfferReader,
    payments: PaymentReader,
    positions: DriverPositions,
    details_view: type[RescueDetailsView[Any, Any, Any]],
    views: ViewLog,
) -> list[Route]:
    """*details_view* is the response type of a rescue, with the types that *rescues* and *offers* return."""

    return [
        *_city_routes(service, clock, positions),
        *_rescue_routes(service, rescues, offers, payments, details_view, views),
    ]


def _city_routes(service: OperationsService, clock: Clock, positions: DriverPositions) -> list[Route]:
    """The city as a whole: its overview and its map."""

    async def overview(request: RequestContext[None, AreaQuery]) -> Response:
        return Response(await service.overview(request.query.area))

    async def snapshot(request: RequestContext[None, MapQuery]) -> Response:
        area = service.area(request.query.area)
        return Response(
            MapView(
                area_id=area.id,
                at=clock.city(),
                drivers=list(await positions.positions(area.id)),
                rescues=[RescueRow.of(row) for row in await service.in_progress(area.id)],
            )
        )

    return [
        Route(
            method="GET",
            path="/admin/overview",
            handler=overview,
            summary="Get the city's key figures",
            policy=OPERATORS,
            tag="operations",
            query=AreaQuery,
            response=Overview,
        ),
        Route(
            method="GET",
            path="/admin/map",
            handler=snapshot,
            summary="Get the drivers and active rescues of an area for the map",
            policy=OPERATORS,
            tag="operations",
            query=MapQuery,
            response=MapView,
        ),
    ]


def _rescue_routes(
    service: OperationsService,
    rescues: RescueReader,
    offers: OfferReader,
    payments: PaymentReader,
    details_view: type[RescueDetailsView[Any, Any, Any]],
    views: ViewLog,
) -> list[Route]:
    """Rescues: a search, and one with all its details."""

    async def listed(request: RequestContext[None, RescuesQuery]) -> Response:
        query = request.query
        page = await service.search(
            statuses=query.statuses,
            area_id=query.area,
            rider_id=query.rider,
            driver_id=query.driver,
            attention=query.attention,
            text=query.q,
            limit=query.limit,
            cursor=query.cursor,
        )
        return Response(PageResponse([RescueRow.of(row) for row in page.items], page.next_cursor))

    async def details(request: RequestContext[None, object]) -> Response:
        rescue_id = request.path_params["rescue_id"]
        rider_id, reader = await rescues.rider_id(rescue_id), request.caller.operator
        if rider_id is None or reader is None:
            raise NotFound
        await views.viewed(reader, "rescues.read", rescue_id, person_id=rider_id, origin=request.origin)
        rescue = await rescues.rescue(rescue_id)
        return Response(
            details_view(
                rescue=rescue,
                timeline=list(await rescues.timeline(rescue_id)),
                offers=list(await offers.of(rescue_id)),
                payment=await payments.of(rescue_id),
                messages=await rescues.messages(rescue_id),
            )
        )

    return [
        Route(
            method="GET",
            path="/admin/rescues",
            handler=listed,
            summary="List rescues, newest first",
            policy=OPERATORS,
            tag="operations",
            query=RescuesQuery,
            response=PageResponse[RescueRow],
        ),
        Route(
            method="GET",
            path="/admin/rescues/{rescue_id}",
            handler=details,
            summary="Get a rescue with its timeline, offers, payment and messages",
            policy=OPERATORS.of("staff"),
            tag="operations",
            response=details_view,
            codes=("not_found",),
        ),
    ]
