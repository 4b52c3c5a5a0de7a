"""HTTP routes of drivers' shifts."""

from __future__ import annotations

from supportcarr.contracts.policies import DRIVER
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


def routes(service: ShiftService) -> list[Route]:
    """The driver's shifts, and the present day."""

    async def list_shifts(request: RequestContext[None, PageQuery]) -> Response:
        query = request.query
        page = await service.shifts(request.caller.user_id, query.limit, query.cursor)
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
    ]
