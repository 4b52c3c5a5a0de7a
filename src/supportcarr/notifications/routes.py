"""The HTTP routes of notifications."""

from __future__ import annotations

from supportcarr.contracts.policies import SIGNED_IN
from supportcarr.contracts.routing import PageResponse, RequestContext, Response, Route
from supportcarr.notifications.ports import ReaderLanguages
from supportcarr.notifications.schemas import NotificationsQuery, NotificationView, WordsQuery
from supportcarr.notifications.service import NotificationsService


def routes(service: NotificationsService, languages: ReaderLanguages) -> list[Route]:
    async def listed(request: RequestContext[None, NotificationsQuery]) -> Response:
        caller, query = request.caller.user_id, request.query
        language = query.language or await languages.language_of(caller)
        page = await service.list_for(caller, query.limit, query.cursor)
        return Response(
            PageResponse([NotificationView.of(n, language) for n in page.items], page.next_cursor)
        )

    async def mark_read(request: RequestContext[None, WordsQuery]) -> Response:
        caller = request.caller.user_id
        notification = await service.read(caller, request.path_params["notification_id"])
        language = request.query.language or await languages.language_of(caller)
        return Response(NotificationView.of(notification, language))

    return [
        Route(
            method="GET",
            path="/me/notifications",
            handler=listed,
            summary="List the caller's notifications, newest first",
            policy=SIGNED_IN,
            tag="notifications",
            query=NotificationsQuery,
            response=PageResponse[NotificationView],
        ),
        Route(
            method="POST",
            path="/me/notifications/{notification_id}/reading",
            handler=mark_read,
            summary="Mark a notification as read",
            policy=SIGNED_IN.of("caller"),
            tag="notifications",
            query=WordsQuery,
            response=NotificationView,
            codes=("not_found",),
        ),
    ]
