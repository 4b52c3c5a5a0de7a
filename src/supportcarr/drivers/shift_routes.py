"""HTTP routes of drivers' shifts."""

from __future__ import annotations

from supportcarr.contracts.policies import DRIVER, OPERATORS
from supportcarr.contracts.routing import (
    NoQuery,
    PageQuery,
    PageResponse,
    RequestContext,
    Response,
    Route,
)
from supportcarr.drivers.schemas_shifts import DaySummary, ShiftOut
from supportcarr.drivers.shift_service import ShiftService
from supportcarr.drivers.shifts import Shift
from supportcarr.kit.store.port import Page


def routes(service: ShiftService) -> list[Route]:
    """The driver's shifts, and the present day; for operators those of any driver."""

    async def list_shifts(request: RequestContext[None, PageQuery]) -> Response:
        query = request.query
        return view(await service.shifts(request.caller.user_id, query.limit, query.cursor))

    async def list_shifts_of_driver(request: RequestContext[None, PageQuery]) -> Response:
        driver_id, query = request.path_params["driver_id"], request.query
        return view(await service.shifts_of_driver(driver_id, query.limit, query.cursor))

    def view(page: Page[Shift]) -> Response:
        now = service.now()
        return Response(PageResponse([ShiftOut.of(shift, now) for shift in page.items], page.next_cursor))

    async def get_today(request: RequestContext[None, NoQuery]) -> Response:
        return Response(await service.today(request.caller.user_id))

    return [
        Route(
            method="GET",
            path="/me/shifts",
            handler=list_shifts,
            summary="List the driver's shifts, newest first",
            policy=DRIVER,
            tag="drivers",
            query=PageQuery,
            response=PageResponse[ShiftOut],
        ),
        Route(
            method="GET",
            path="/me/shifts/today",
            handler=get_today,
            summary="Get what the driver has worked and earned today",
            policy=DRIVER,
            tag="drivers",
            response=DaySummary,
        ),
        Route(
            method="GET",
            path="/admin/drivers/{driver_id}/shifts",
            handler=list_shifts_of_driver,
            summary="List a driver's shifts, newest first",
            policy=OPERATORS.of("staff"),
            tag="operations",
            query=PageQuery,
            response=PageResponse[ShiftOut],
            codes=("not_found",),
        ),
    ]
