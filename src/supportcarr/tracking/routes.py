"""Tracking's HTTP routes."""

from __future__ import annotations

from supportcarr.contracts.policies import DRIVER
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.tracking.errors import ERRORS
from supportcarr.tracking.schemas import PositionIn, PositionsIn, PositionsOut, RefusedPosition
from supportcarr.tracking.service import TrackingService

_ONE = PositionsOut(1, [])


def routes(service: TrackingService) -> list[Route]:
    """``POST /me/positions``: one position, or a batch with a result for each."""

    async def report(request: RequestContext[PositionsIn, NoQuery]) -> Response:
        driver_id, body = request.caller.user_id, request.body
        if isinstance(body, PositionIn):
            await service.report_one(driver_id, body.position)
            return Response(_ONE)
        verdicts = await service.report(driver_id, [p.position for p in body])
        refused = [
            RefusedPosition(i, ERRORS[v].code)
            for i, v in enumerate(verdicts)
            if v not in ("live", "repeated", "stale")
        ]
        return Response(PositionsOut(len(verdicts) - len(refused), refused))

    return [
        Route(
            method="POST",
            path="/me/positions",
            handler=report,
            summary="Report positions (one or a batch)",
            policy=DRIVER.when_verified(),
            tag="tracking",
            body=PositionsIn,
            response=PositionsOut,
            codes=("position_stale", "position_out_of_order", "position_inaccurate", "position_impossible"),
        )
    ]
