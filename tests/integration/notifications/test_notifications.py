"""Notifications: created once per event, listed and read by their person."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import msgspec

from support.http.server import serving
from support.rescues import events
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import NotificationCreated
from supportcarr.contracts.languages import Language
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.notifications.delivery import NotificationDelivery
from supportcarr.notifications.handlers import consumers
from supportcarr.notifications.push.delivery import PushQueue
from supportcarr.notifications.routes import routes
from supportcarr.notifications.service import NotificationsService


class Spanish:
    """``ReaderLanguages``: everybody reads Spanish."""

    async def language_of(self, user_id: str) -> Language:
        return "es"


NO_DELIVERY = cast(NotificationDelivery, None)
NO_PUSH = cast(PushQueue, None)


async def deliver(service: NotificationsService, events: Sequence[EventEnvelope]) -> None:
    consumer = next(one for one in consumers(service, NO_DELIVERY, NO_PUSH) if not one.slow)
    for event in events:
        assert isinstance(event.event, consumer.events)
        await consumer.handle(event)


async def test_repeated_events_create_each_notification_once(store: Store) -> None:
    service = NotificationsService(store, Clock())
    life = events.whole_life()
    await deliver(service, [*life, *life])
    await asyncio.gather(*(service.notify(event) for event in life))
    rider = (await service.list_for(events.RIDER, 50)).items
    assert [n.kind for n in rider] == [
        "rescue_completed",
        "job_started",
        "driver_arrived",
        "driver_departed",
        "driver_assigned",
    ], "newest first"
    driver = (await service.list_for(events.DRIVER, 50)).items
    assert [n.kind for n in driver] == ["rescue_completed", "driver_assigned"]
    assert all(n.rescue_id == events.RESCUE for n in rider + driver)


async def test_each_notification_has_an_event_with_the_time_of_its_cause(store: Store) -> None:
    service = NotificationsService(store, Clock())
    event = events.envelope(events.departed(), 4)
    await deliver(service, [event])
    (notification,) = (await service.list_for(events.RIDER, 50)).items
    (recorded,) = await store.collection(NOTIFICATIONS).pending_events(notification.id)
    assert recorded.event == NotificationCreated(notification_id=notification.id, user_id=events.RIDER)
    assert (notification.at, recorded.at) == (event.at, event.at)


async def test_a_person_lists_notifications_and_marks_one_as_read(store: Store, redis: RedisClient) -> None:
    service = NotificationsService(store, Clock())
    async with serving(routes(service, Spanish()), store=store, redis=redis) as api:
        ann, ben = await api.person("rider"), await api.person("driver")
        for version in range(1, 6):
            departed = msgspec.structs.replace(events.departed(), rider_id=ann.user_id)
            await service.notify(events.envelope(departed, version))
        seen, cursor = [], ""
        for _ in range(3):
            page = await ann.get(f"/me/notifications?limit=2{cursor}")
            assert page.status == 200
            seen += page.body["items"]
            cursor = f"&cursor={page.body.get('next_cursor')}"
        assert page.body.get("next_cursor") is None
        assert len({item["id"] for item in seen}) == 5
        assert [item["at"] for item in seen] == sorted((item["at"] for item in seen), reverse=True)
        assert set(seen[0]) == {"id", "kind", "text", "title", "body", "at", "rescue_id"}
        assert seen[0]["title"] == "Su conductor está en camino", "in the language of the account"
        page = await ann.get("/me/notifications?limit=1&language=fr")
        assert page.body["items"][0]["title"] == "La camionnette est en route", "in that of the app"
        assert (await ann.get("/me/notifications?language=de")).status == 422
        assert (await ben.get("/me/notifications")).body["items"] == []

        reading = f"/me/notifications/{seen[0]['id']}/reading"
        first = await ann.post(reading)
        again = await ann.post(f"{reading}?language=en")
        assert (first.body["title"], again.body["title"]) == (
            "Su conductor está en camino",
            "Your driver is on the way",
        )
        assert first.status == again.status == 200
        assert first.body["read_at"] == again.body["read_at"]
        assert (await ben.post(reading)).status == 404
        assert (await ann.post("/me/notifications/ntf_nothing/reading")).status == 404
        assert (await api.anonymous().get("/me/notifications")).status == 401
        assert (await ann.get("/me/notifications?limit=0")).status == 422


async def test_concurrent_reads_of_a_notification_succeed(store: Store) -> None:
    service = NotificationsService(store, Clock())
    await service.notify(events.envelope(events.departed(), 4))
    (notification,) = (await service.list_for(events.RIDER, 50)).items
    read = await asyncio.gather(*(service.read(events.RIDER, notification.id) for _ in range(5)))
    assert len({n.read_at for n in read}) == 1
    assert read[0].read_at is not None
