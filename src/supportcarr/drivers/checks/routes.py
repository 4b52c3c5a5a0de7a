"""The HTTP route on which providers say that a check has news."""

from __future__ import annotations

from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.drivers.checks.model import KINDS
from supportcarr.drivers.checks.service import DriverCheckService

SIGNATURE_HEADER = "check-signature"


def check_routes(service: DriverCheckService) -> list[Route]:
    """The providers' webhook."""

    async def receive(request: RequestContext[bytes, NoQuery]) -> Response:
        kind = request.path_params["check_kind"]
        if kind not in KINDS:
            raise NotFound(f"There is no such kind; there are {', '.join(KINDS)}")
        await service.receive(kind, request.body, request.headers.get(SIGNATURE_HEADER))
        return Response(status=204)

    return [
        Route(
            method="POST",
            path="/webhooks/checks/{check_kind}",
            handler=receive,
            summary="Receive news of a check from its provider",
            policy=ANYONE,
            tag="webhooks",
            body=bytes,
            status=204,
            codes=("not_found", "signature_not_valid"),
        )
    ]
