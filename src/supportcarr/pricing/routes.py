"""Pricing's routes."""

from __future__ import annotations

from supportcarr.contracts.geo import GeoPoint
from supportcarr.kit.http.routing import ANYONE, RIDER, Answer, Call, NoQuery, Route
from supportcarr.pricing.commands import RequestQuote
from supportcarr.pricing.coverage import Coverage
from supportcarr.pricing.schemas import CoverageAnswer, CoverageQuery, QuoteAnswer
from supportcarr.pricing.service import Pricing


def routes(service: Pricing, coverage: Coverage) -> list[Route]:
    """What pricing answers over HTTP."""

    async def create_quote(call: Call[RequestQuote, NoQuery]) -> Answer:
        rider = call.who.acting_as("rider")
        assert rider.id is not None
        return Answer(QuoteAnswer.of(await service.quote(rider.id, call.body)), status=201)

    async def get_coverage(call: Call[None, CoverageQuery]) -> Answer:
        return Answer(await coverage.at(GeoPoint(call.query.lat, call.query.lng)))

    return [
        Route(
            method="POST",
            path="/quotes",
            handle=create_quote,
            summary="Price a rescue: an itemised, signed quote",
            policy=RIDER,
            tag="pricing",
            body=RequestQuote,
            answer=QuoteAnswer,
            status=201,
            codes=("outside_area", "unsafe_battery"),
        ),
        Route(
            method="GET",
            path="/coverage",
            handle=get_coverage,
            summary="Whether we drive to a place, and how soon",
            policy=ANYONE,
            tag="pricing",
            query=CoverageQuery,
            answer=CoverageAnswer,
            hot=True,
        ),
    ]
