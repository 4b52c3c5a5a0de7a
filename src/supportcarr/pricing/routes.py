"""HTTP routes of pricing."""

from __future__ import annotations

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.ids import QUOTE
from supportcarr.contracts.limits import QUOTES
from supportcarr.contracts.policies import ANYONE, RIDER
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.pricing.commands import RequestQuote
from supportcarr.pricing.coverage import CoverageService
from supportcarr.pricing.schemas import CoverageQuery, CoverageView, QuoteView
from supportcarr.pricing.service import PricingService


def routes(service: PricingService, coverage: CoverageService) -> list[Route]:
    """Quotes and coverage."""

    async def create_quote(request: RequestContext[RequestQuote, NoQuery]) -> Response:
        rider = request.caller.acting_as("rider")
        assert rider.id is not None
        quote = await service.quote(rider.id, request.body, quote_id=request.new_id)
        return Response(QuoteView.of(quote), status=201)

    async def get_coverage(request: RequestContext[None, CoverageQuery]) -> Response:
        return Response(
            await coverage.at(GeoPoint(request.query.lat, request.query.lng), request.query.needs)
        )

    return [
        Route(
            method="POST",
            path="/quotes",
            handler=create_quote,
            summary="Get an itemised, signed quote for a rescue",
            policy=RIDER,
            tag="pricing",
            body=RequestQuote,
            response=QuoteView,
            status=201,
            codes=("outside_area", "unsafe_battery"),
            idempotent=True,
            key_optional=True,
            new_id=QUOTE,
            limits=(QUOTES,),
        ),
        Route(
            method="GET",
            path="/coverage",
            handler=get_coverage,
            summary="Check whether a place is covered, and the estimated time of arrival",
            policy=ANYONE,
            tag="pricing",
            query=CoverageQuery,
            response=CoverageView,
            shared_seconds=60,
        ),
    ]
