"""HTTP routes of geocoding."""

from __future__ import annotations

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.limits import GEOCODING
from supportcarr.contracts.policies import SIGNED_IN
from supportcarr.contracts.routing import RequestContext, Response, Route
from supportcarr.geocoding.schemas import FoundPlaces, FoundPlaceView, GeocodingQuery, ReverseQuery
from supportcarr.geocoding.service import GeocodingService

TAG = "geocoding"


def routes(service: GeocodingService) -> list[Route]:
    """Search for places, and for the address of a point."""

    async def search(request: RequestContext[None, GeocodingQuery]) -> Response:
        query = request.query
        found = await service.search(request.caller.user_id, query.q, query.near, query.limit, query.language)
        return Response(FoundPlaces([FoundPlaceView.of(place) for place in found]))

    async def reverse(request: RequestContext[None, ReverseQuery]) -> Response:
        query = request.query
        point = GeoPoint(query.lat, query.lng)
        found = await service.around(request.caller.user_id, point, query.limit, query.language)
        return Response(FoundPlaces([FoundPlaceView.of(place) for place in found]))

    return [
        Route(
            method="GET",
            path="/geocoding",
            handler=search,
            summary="Find places by words of an address or a name",
            policy=SIGNED_IN,
            tag=TAG,
            query=GeocodingQuery,
            response=FoundPlaces,
            limits=(GEOCODING,),
        ),
        Route(
            method="GET",
            path="/geocoding/reverse",
            handler=reverse,
            summary="Find the address of a point",
            policy=SIGNED_IN,
            tag=TAG,
            query=ReverseQuery,
            response=FoundPlaces,
            limits=(GEOCODING,),
        ),
    ]
