"""HTTP routes of offers."""

from __future__ import annotations

from supportcarr.contracts.policies import DRIVER
from supportcarr.contracts.routing import NoQuery, PageResponse, RequestContext, Response, Route
from supportcarr.dispatch.schemas import OfferOut
from supportcarr.dispatch.service import DispatchService


def routes(service: DispatchService) -> list[Route]:
    """The driver's offers: list, accept, decline."""

    async def list_offers(request: RequestContext[None, NoQuery]) -> Response:
        offers = await service.open_offers(request.caller.user_id)
        return Response(PageResponse([OfferOut.of(o) for o in offers]))

    async def accept(request: RequestContext[None, NoQuery]) -> Response:
        return Response(
            OfferOut.of(await service.accept_offer(request.caller.user_id, request.path_params["offer_id"]))
        )

    async def decline(request: RequestContext[None, NoQuery]) -> Response:
        return Response(
            OfferOut.of(await service.decline_offer(request.caller.user_id, request.path_params["offer_id"]))
        )

    return [
        Route(
            method="GET",
            path="/me/offers",
            handler=list_offers,
            summary="List the offers that the driver can accept now",
            policy=DRIVER,
            tag="dispatch",
            response=PageResponse[OfferOut],
        ),
        Route(
            method="POST",
            path="/offers/{offer_id}/acceptance",
            handler=accept,
            summary="Accept an offer",
            policy=DRIVER.of("caller").when_verified(),
            tag="dispatch",
            response=OfferOut,
            codes=("not_found", "offer_closed", "documents_not_valid", "hours_limit"),
        ),
        Route(
            method="POST",
            path="/offers/{offer_id}/decline",
            handler=decline,
            summary="Decline an offer",
            policy=DRIVER.of("caller").when_verified(),
            tag="dispatch",
            response=OfferOut,
            codes=("not_found", "offer_closed"),
        ),
    ]
