"""The consumer of the feed appends each event once, in order, with what it shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from support.realtime import settings
from support.rescues import events
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import NotificationCreated, OfferMade
from supportcarr.kit.events.stream_types import StreamEvent
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient
from supportcarr.realtime.handlers import consumers

RIDER, DRIVER, OPS = f"user:{events.RIDER}", f"user:{events.DRIVER}", f"ops:{events.AREA}"


class FakeViews:
    def __init__(self) -> None:
        self.things: dict[str, Any] = {}

    async def _of(self, id: str) -> Any | None:
        return self.things.get(id)

    offer = message = notification = _of


class Feeding:
    def __init__(self, redis: RedisClient) -> None:
        self.views = FakeViews()
        self.streams = EventStreams(redis, settings().streams)
        (self.consumer,) = consumers(self.streams, self.views)

    async def feed(self, *events: EventEnvelope) -> None:
        for event in events:
            assert isinstance(event.event, self.consumer.events)
            await self.consumer.handle(event)

    async def read(self, stream: str) -> list[StreamEvent]:
        epoch = (await self.streams.current_positions([stream]))[stream].split(":")[0]
        return await self.streams.read(stream, f"{epoch}:0")


async def test_a_life_is_on_the_streams_of_its_people_in_order(redis: RedisClient) -> None:
    feeding = Feeding(redis)
    await feeding.feed(*events.whole_life())
    rider = await feeding.read(RIDER)
    assert [item.name for item in rider].count("payment:processed") == 2
    versions = [msgspec.json.decode(i.data)["version"] for i in rider if i.name == "rescue:status_update"]
    assert versions == list(range(1, 8))
    driver = [msgspec.json.decode(item.data).get("status") for item in await feeding.read(DRIVER)]
    assert driver[-5:] == ["en_route", "arrived", "in_transit", "completed", "succeeded"]
    assert len(await feeding.read(OPS)) == len(rider)


async def test_repeats_are_dropped(redis: RedisClient) -> None:
    feeding = Feeding(redis)
    life = events.whole_life()
    await feeding.feed(*life, *life[3:], *life)
    assert len(await feeding.read(RIDER)) == len(life)


async def test_events_of_two_documents_of_one_id_are_both_told(redis: RedisClient) -> None:
    feeding = Feeding(redis)
    fact = OfferMade(
        offer_id="off_1",
        rescue_id=events.RESCUE,
        driver_id=events.DRIVER,
        area_id=events.AREA,
        expires_at=events.START,
    )
    feeding.views.things["off_1"] = {"id": "off_1"}
    await feeding.feed(
        events.envelope(events.assigned(), 3), events.envelope(fact, 3, collection="dispatchcases")
    )
    assert [item.name for item in await feeding.read(DRIVER)] == ["rescue:status_update", "offer:new"]


async def test_an_event_carries_the_city_s_time_and_what_is_shown(redis: RedisClient) -> None:
    feeding = Feeding(redis)
    feeding.views.things["ntf_1"] = {"id": "ntf_1", "title": "Hello"}
    fact = NotificationCreated(notification_id="ntf_1", user_id=events.RIDER)
    at = events.START + timedelta(milliseconds=250)
    await feeding.feed(events.envelope(fact, 1, at=at, document="ntf_1", collection="notifications"))
    (item,) = await feeding.read(RIDER)
    assert (item.name, item.at) == ("notification:new", "2026-11-23T21:00:00.250000Z")
    assert msgspec.json.decode(item.data) == {"id": "ntf_1", "title": "Hello"}


async def test_what_is_gone_is_not_told(redis: RedisClient) -> None:
    feeding = Feeding(redis)
    fact = NotificationCreated(notification_id="ntf_gone", user_id=events.RIDER)
    await feeding.feed(events.envelope(fact, 1, document="ntf_gone", collection="notifications"))
    assert await feeding.read(RIDER) == []
