"""HTTP routes of offers."""

from __future__ import annotations

from supportcarr.dispatch.schemas import OfferOut
from supportcarr.dispatch.service import DispatchService
from supportcarr.kit.http.routing import DRIVER, Answer, Call, Listing, NoQuery, Route


def routes(service: DispatchService) -> list[Route]:
    """The driver's offers: list, accept, decline."""

    async def list_offers(call: Call[None, NoQuery]) -> Answer:
        offers = await service.open_offers(call.who.user_id)
        return Answer(Listing([OfferOut.of(o) for o in offers]))

    async def accept(call: Call[None, NoQuery]) -> Answer:
        return Answer(OfferOut.of(await service.accept_offer(call.who.user_id, call.path["offer_id"])))

    async def decline(call: Call[None, NoQuery]) -> Answer:
        return Answer(OfferOut.of(await service.decline_offer(call.who.user_id, call.path["offer_id"])))

    return [
        Route(
            method="GET",
            path="/me/offers",
            handle=list_offers,
            summary="Offers that I can accept now",
            policy=DRIVER,
            tag="dispatch",
            answer=Listing[OfferOut],
        ),
        Route(
            method="POST",
            path="/offers/{offer_id}/acceptance",
            handle=accept,
            summary="Accept an offer",
            policy=DRIVER,
            tag="dispatch",
            answer=OfferOut,
            codes=("not_found", "offer_closed"),
        ),
        Route(
            method="POST",
            path="/offers/{offer_id}/decline",
            handle=decline,
            summary="Decline an offer",
            policy=DRIVER,
            tag="dispatch",
            answer=OfferOut,
            codes=("not_found", "offer_closed"),
        ),
    ]
