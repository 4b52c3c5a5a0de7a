"""The part ``notifications``: what is told to whom, and what is pushed to browsers."""

from __future__ import annotations

from supportcarr.bootstrap.adapters import PushedOffers
from supportcarr.bootstrap.parts.auth import AuthPart
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.dispatch import DispatchPart
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.settings import Settings
from supportcarr.contracts.routing import Route
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.jobs.declarations import JobHandler, PeriodicTask
from supportcarr.notifications import handlers, jobs, routes
from supportcarr.notifications.delivery import NotificationDelivery
from supportcarr.notifications.personal_data import NotificationData
from supportcarr.notifications.push import routes as push_routes
from supportcarr.notifications.push.delivery import PushDelivery, PushQueue
from supportcarr.notifications.push.service import PushSubscriptions
from supportcarr.notifications.service import NotificationsService
from supportcarr.privacy.ports import PersonalData
from supportcarr.providers.web_push import WebPush


class NotificationsPart(Part):
    def __init__(self, core: Core, auth: AuthPart, dispatch: DispatchPart) -> None:
        store, clock, settings = core.store, core.clock, core.settings
        self._store, self._auth = store, auth
        self._web_push = WebPush(settings.push, settings.outbound, contact=_contact(settings))
        self.push_subscriptions = PushSubscriptions(store, clock, self._web_push, auth.service.sessions)
        self.push_queue = PushQueue(store, clock, core.jobs, self._web_push)
        self.push_delivery = PushDelivery(
            store,
            clock,
            self._web_push,
            sessions=auth.service.sessions,
            preferences=auth.service,
            languages=auth.service,
            offers=PushedOffers(dispatch.service, clock),
        )
        self.service = NotificationsService(store, clock, self.push_queue)
        self.delivery = NotificationDelivery(store, auth.service, auth.code_texts)

    def routes(self) -> list[Route]:
        return [
            *routes.routes(self.service, self._auth.service),
            *push_routes.routes(self.push_subscriptions),
        ]

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.service, self.delivery, self.push_queue)

    def periodic_tasks(self) -> list[PeriodicTask]:
        return jobs.periodic_tasks(self.push_subscriptions)

    def job_handlers(self) -> list[JobHandler]:
        return jobs.job_handlers(self.push_delivery)

    def personal_data(self) -> list[PersonalData]:
        return [NotificationData(self._store)]

    async def close(self) -> None:
        await self._web_push.close()


def _contact(settings: Settings) -> str:
    """Whom push services may ask about our messages."""
    support = settings.support.email
    return settings.push.contact or (f"mailto:{support}" if support else settings.deployment.public_url)
