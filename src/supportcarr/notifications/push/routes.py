"""HTTP routes of push subscriptions."""

from __future__ import annotations

from supportcarr.contracts.policies import SIGNED_IN
from supportcarr.contracts.routing import NoQuery, PageResponse, RequestContext, Response, Route
from supportcarr.notifications.push.schemas import EndpointQuery, NewPushSubscription, PushSubscriptionView
from supportcarr.notifications.push.service import PushSubscriptions

TAG = "notifications"


def routes(service: PushSubscriptions) -> list[Route]:
    async def listed(request: RequestContext[None, NoQuery]) -> Response:
        found = await service.listed(request.caller.user_id)
        return Response(PageResponse([PushSubscriptionView.of(one) for one in found]))

    async def subscribe(request: RequestContext[NewPushSubscription, NoQuery]) -> Response:
        subscription = await service.subscribe(request.caller, request.body.subscription)
        return Response(PushSubscriptionView.of(subscription))

    async def remove(request: RequestContext[None, NoQuery]) -> Response:
        await service.remove(request.caller.user_id, request.path_params["subscription_id"])
        return Response(status=204)

    async def remove_endpoint(request: RequestContext[None, EndpointQuery]) -> Response:
        await service.remove_endpoint(request.caller.user_id, request.query.endpoint)
        return Response(status=204)

    return [
        Route(
            method="GET",
            path="/me/push-subscriptions",
            handler=listed,
            summary="List the browsers that show the caller's notifications",
            policy=SIGNED_IN,
            tag=TAG,
            response=PageResponse[PushSubscriptionView],
        ),
        Route(
            method="POST",
            path="/me/push-subscriptions",
            handler=subscribe,
            summary="Push the caller's notifications to this browser",
            policy=SIGNED_IN,
            tag=TAG,
            body=NewPushSubscription,
            response=PushSubscriptionView,
            codes=("push_off", "endpoint_in_use", "conflict"),
        ),
        Route(
            method="DELETE",
            path="/me/push-subscriptions",
            handler=remove_endpoint,
            summary="Push nothing more to the browser with this endpoint",
            policy=SIGNED_IN,
            tag=TAG,
            query=EndpointQuery,
            status=204,
            codes=("not_found",),
        ),
        Route(
            method="DELETE",
            path="/me/push-subscriptions/{subscription_id}",
            handler=remove,
            summary="Push nothing more to a browser",
            policy=SIGNED_IN.of("caller"),
            tag=TAG,
            status=204,
            codes=("not_found",),
        ),
    ]
