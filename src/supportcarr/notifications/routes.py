"""The HTTP routes of notifications."""

from __future__ import annotations

from supportcarr.contracts.policies import SIGNED_IN
from supportcarr.contracts.routing import PageQuery, PageResponse, RequestContext, Response, Route
from supportcarr.notifications.schemas import NotificationView
from supportcarr.notifications.service import NotificationsService


def routes(service: NotificationsService) -> list[Route]:
    async def listed(request: RequestContext[None, PageQuery]) -> Response:
        page = await service.list_for(request.caller.user_id, request.query.limit, request.query.cursor)
        return Response(PageResponse([NotificationView.of(n) for n in page.items], page.next_cursor))

    async def mark_read(request: RequestContext[None, object]) -> Response:
        notification = await service.read(request.caller.user_id, request.path_params["notification_id"])
        return Response(NotificationView.of(notification))

    return [
        Route(
            method="GET",
            path="/me/notifications",
            handler=listed,
            summary="List the caller's notifications, newest first",
            policy=SIGNED_IN,
            tag="notifications",
            query=PageQuery,
            response=PageResponse[NotificationView],
        ),
        Route(
            method="POST",
            path="/me/notifications/{notification_id}/reading",
            handler=mark_read,
            summary="Mark a notification as read",
            policy=SIGNED_IN.of("caller"),
            tag="notifications",
            response=NotificationView,
            codes=("not_found",),
        ),
    ]
