"""``/me/notifications``."""

from __future__ import annotations

from supportcarr.kit.http.routing import SIGNED_IN, Answer, Call, Listing, PageQuery, Route
from supportcarr.notifications.schemas import NotificationView
from supportcarr.notifications.service import NotificationsService


def routes(service: NotificationsService) -> list[Route]:
    async def listed(call: Call[None, PageQuery]) -> Answer:
        page = await service.of(call.who.user_id, call.query.limit, call.query.cursor)
        return Answer(Listing([NotificationView.of(n) for n in page.items], page.next_cursor))

    async def reading(call: Call[None, object]) -> Answer:
        notification = await service.read(call.who.user_id, call.path["notification_id"])
        return Answer(NotificationView.of(notification))

    return [
        Route(
            method="GET",
            path="/me/notifications",
            handle=listed,
            summary="What you were told, newest first",
            policy=SIGNED_IN,
            tag="notifications",
            query=PageQuery,
            answer=Listing[NotificationView],
        ),
        Route(
            method="POST",
            path="/me/notifications/{notification_id}/reading",
            handle=reading,
            summary="Say that you have read it",
            policy=SIGNED_IN,
            tag="notifications",
            answer=NotificationView,
            codes=("not_found",),
        ),
    ]
