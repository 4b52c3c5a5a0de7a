"""HTTP routes of riders' places and bikes."""

from __future__ import annotations

from supportcarr.contracts.ids import BIKE, SAVED_PLACE
from supportcarr.contracts.policies import RIDER
from supportcarr.contracts.routing import NoQuery, PageResponse, RequestContext, Response, Route
from supportcarr.riders.possession_service import BikeService, PlaceService
from supportcarr.riders.schemas import BikeChange, BikeView, NewBike, NewPlace, PlaceChange, PlaceView

TAG = "riders"


def routes(places: PlaceService, bikes: BikeService) -> list[Route]:
    """Saved places and bikes."""
    return [*_place_routes(places), *_bike_routes(bikes)]


def _place_routes(service: PlaceService) -> list[Route]:
    async def listed(request: RequestContext[None, NoQuery]) -> Response:
        found = await service.listed(request.caller.user_id)
        return Response(PageResponse([PlaceView.of(place) for place in found]))

    async def add(request: RequestContext[NewPlace, NoQuery]) -> Response:
        place = await service.add(request.caller.user_id, request.body.details, place_id=request.new_id)
        return Response(PlaceView.of(place), status=201)

    async def change(request: RequestContext[PlaceChange, NoQuery]) -> Response:
        rider_id, place_id = request.caller.user_id, request.path_params["place_id"]
        return Response(PlaceView.of(await service.change(rider_id, place_id, request.body.details)))

    async def remove(request: RequestContext[None, NoQuery]) -> Response:
        await service.remove(request.caller.user_id, request.path_params["place_id"])
        return Response(status=204)

    return [
        Route(
            method="GET",
            path="/me/places",
            handler=listed,
            summary="List the rider's saved places",
            policy=RIDER,
            tag=TAG,
            response=PageResponse[PlaceView],
        ),
        Route(
            method="POST",
            path="/me/places",
            handler=add,
            summary="Save a place",
            policy=RIDER.when_verified(),
            tag=TAG,
            body=NewPlace,
            response=PlaceView,
            status=201,
            codes=("too_many_places",),
            idempotent=True,
            key_optional=True,
            new_id=SAVED_PLACE,
        ),
        Route(
            method="PATCH",
            path="/me/places/{place_id}",
            handler=change,
            summary="Change a saved place",
            policy=RIDER.of("caller").when_verified(),
            tag=TAG,
            body=PlaceChange,
            response=PlaceView,
            codes=("not_found",),
        ),
        Route(
            method="DELETE",
            path="/me/places/{place_id}",
            handler=remove,
            summary="Remove a saved place",
            policy=RIDER.of("caller").when_verified(),
            tag=TAG,
            status=204,
            codes=("not_found",),
        ),
    ]


def _bike_routes(service: BikeService) -> list[Route]:
    async def listed(request: RequestContext[None, NoQuery]) -> Response:
        found = await service.listed(request.caller.user_id)
        links = await service.photo_links(found)
        return Response(PageResponse([BikeView.of(bike, links) for bike in found]))

    async def add(request: RequestContext[NewBike, NoQuery]) -> Response:
        bike = await service.add(request.caller.user_id, request.body.details, bike_id=request.new_id)
        return Response(BikeView.of(bike, await service.photo_links([bike])), status=201)

    async def change(request: RequestContext[BikeChange, NoQuery]) -> Response:
        rider_id, bike_id = request.caller.user_id, request.path_params["bike_id"]
        bike = await service.change(rider_id, bike_id, request.body.details)
        return Response(BikeView.of(bike, await service.photo_links([bike])))

    async def remove(request: RequestContext[None, NoQuery]) -> Response:
        await service.remove(request.caller.user_id, request.path_params["bike_id"])
        return Response(status=204)

    return [
        Route(
            method="GET",
            path="/me/bikes",
            handler=listed,
            summary="List the rider's bikes",
            policy=RIDER,
            tag=TAG,
            response=PageResponse[BikeView],
        ),
        Route(
            method="POST",
            path="/me/bikes",
            handler=add,
            summary="Add a bike",
            policy=RIDER.when_verified(),
            tag=TAG,
            body=NewBike,
            response=BikeView,
            status=201,
            codes=("too_many_bikes",),
            idempotent=True,
            key_optional=True,
            new_id=BIKE,
        ),
        Route(
            method="PATCH",
            path="/me/bikes/{bike_id}",
            handler=change,
            summary="Change a bike",
            policy=RIDER.of("caller").when_verified(),
            tag=TAG,
            body=BikeChange,
            response=BikeView,
            codes=("not_found",),
        ),
        Route(
            method="DELETE",
            path="/me/bikes/{bike_id}",
            handler=remove,
            summary="Remove a bike",
            policy=RIDER.of("caller").when_verified(),
            tag=TAG,
            status=204,
            codes=("not_found",),
        ),
    ]
