"""HTTP routes of ratings."""

from __future__ import annotations

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.errors import Forbidden
from supportcarr.contracts.policies import OPERATORS, RESCUE_PEOPLE, SIGNED_IN, Policy
from supportcarr.contracts.routing import NoQuery, PageResponse, RequestContext, Response, Route
from supportcarr.ratings.commands import Rate, Report, Review, Side
from supportcarr.ratings.model import read_rating_id
from supportcarr.ratings.ports import Drivers, ViewLog
from supportcarr.ratings.schemas import (
    OwnRatingsQuery,
    OwnRatingsView,
    RateBody,
    ReportBody,
    RescueRatingsView,
    ReviewBody,
    ReviewedRating,
    ReviewQuery,
)
from supportcarr.ratings.service import RatingService

TAG = "ratings"
RIDER_OR_DRIVER = Policy(frozenset({"rider", "driver"}))


def routes(service: RatingService, views: ViewLog, drivers: Drivers) -> list[Route]:
    """Ratings: for the people of a rescue, and for operators."""
    return [*_people_routes(service), *_operator_routes(service, views, drivers)]


def _people_routes(service: RatingService) -> list[Route]:
    async def rate(request: RequestContext[RateBody, NoQuery]) -> Response:
        body = request.body
        given = Rate(body.stars, tuple(body.reasons), body.comment)
        seen = await service.rate(request.path_params["rescue_id"], request.caller, given)
        return Response(RescueRatingsView.of(seen))

    async def of_rescue(request: RequestContext[None, NoQuery]) -> Response:
        seen = await service.of_rescue(request.path_params["rescue_id"], request.caller)
        return Response(RescueRatingsView.of(seen))

    async def own(request: RequestContext[None, OwnRatingsQuery]) -> Response:
        caller, role = request.caller, request.query.role
        held: list[Side] = [side for side in ("driver", "rider") if side in caller.roles]
        if role is not None and role not in held:
            raise Forbidden("Your account does not have that role.")
        return Response(OwnRatingsView.of(await service.standing(caller.user_id, role or held[0])))

    async def report(request: RequestContext[ReportBody, NoQuery]) -> Response:
        await service.report(request.path_params["rating_id"], request.caller, Report(request.body.reason))
        return Response()

    return [
        Route(
            method="POST",
            path="/rescues/{rescue_id}/rating",
            handler=rate,
            summary="Rate the other side of a rescue, once",
            policy=RIDER_OR_DRIVER.of("participant").when_verified(),
            tag=TAG,
            body=RateBody,
            response=RescueRatingsView,
            codes=("not_found", "rating_not_possible", "rating_closed", "already_rated"),
        ),
        Route(
            method="GET",
            path="/rescues/{rescue_id}/ratings",
            handler=of_rescue,
            summary="Get the ratings of a rescue, as far as the caller may see them",
            policy=RESCUE_PEOPLE.of("participant"),
            tag=TAG,
            response=RescueRatingsView,
            codes=("not_found",),
        ),
        Route(
            method="GET",
            path="/me/ratings",
            handler=own,
            summary="Get the average of the caller's ratings",
            policy=RIDER_OR_DRIVER,
            tag=TAG,
            query=OwnRatingsQuery,
            response=OwnRatingsView,
        ),
        Route(
            method="POST",
            path="/ratings/{rating_id}/report",
            handler=report,
            summary="Report a rating about the caller as abusive",
            policy=SIGNED_IN.of("caller").when_verified(),
            tag=TAG,
            body=ReportBody,
            codes=("not_found",),
        ),
    ]


def _operator_routes(service: RatingService, views: ViewLog, drivers: Drivers) -> list[Route]:
    async def in_review(request: RequestContext[None, ReviewQuery]) -> Response:
        by = _operator(request.caller.operator)
        found, next_cursor = await service.in_review(request.query.limit, request.query.cursor)
        for ratings, side in found:
            subject = ratings.rescue_id
            await views.viewed(
                by, "ratings.read", subject, person_id=ratings.person(side), origin=request.origin
            )
        return Response(PageResponse([ReviewedRating.of(*one) for one in found], next_cursor))

    async def of_driver(request: RequestContext[None, NoQuery]) -> Response:
        driver_id = request.path_params["driver_id"]
        await drivers.profile(driver_id)
        return Response(OwnRatingsView.of(await service.standing(driver_id, "driver")))

    async def review(request: RequestContext[ReviewBody, NoQuery]) -> Response:
        rating_id, body = request.path_params["rating_id"], request.body
        by, decision = _operator(request.caller.operator), Review(body.decision, body.note)
        ratings = await service.review(by, rating_id, decision, request.origin)
        return Response(ReviewedRating.of(ratings, read_rating_id(rating_id)[1]))

    return [
        Route(
            method="GET",
            path="/admin/ratings",
            handler=in_review,
            summary="List low and reported ratings that wait for a review, the longest first",
            policy=OPERATORS,
            tag=TAG,
            query=ReviewQuery,
            response=PageResponse[ReviewedRating],
        ),
        Route(
            method="GET",
            path="/admin/drivers/{driver_id}/ratings",
            handler=of_driver,
            summary="Get the average of a driver's ratings",
            policy=OPERATORS.of("staff"),
            tag=TAG,
            response=OwnRatingsView,
            codes=("not_found",),
        ),
        Route(
            method="POST",
            path="/admin/ratings/{rating_id}/review",
            handler=review,
            summary="Keep a rating, or hide it and take it out of the average",
            policy=OPERATORS.of("staff"),
            tag=TAG,
            body=ReviewBody,
            response=ReviewedRating,
            codes=("not_found",),
        ),
    ]


def _operator(operator: Actor | None) -> Actor:
    assert operator is not None, "the policy of the route"
    return operator
