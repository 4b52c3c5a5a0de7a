"""The stream publisher appends each event once, in order, with its payload."""

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


class FakePayloads:
    def __init__(self) -> None:
        self.by_id: dict[str, Any] = {}

    async def _of(self, id: str) -> Any | None:
        return self.by_id.get(id)

    offer = message = notification = _of


class Publishing:
    def __init__(self, redis: RedisClient) -> None:
        self.payloads = FakePayloads()
        self.streams = EventStreams(redis, settings().streams)
        (self.consumer,) = consumers(self.streams, self.payloads)

    async def publish(self, *events: EventEnvelope) -> None:
        for event in events:
            assert isinstance(event.event, self.consumer.events)
            await self.consumer.handle(event)

    async def read(self, stream: str) -> list[StreamEvent]:
        epoch = (await self.streams.current_positions([stream]))[stream].split(":")[0]
        return await self.streams.read(stream, f"{epoch}:0")


async def test_the_events_of_a_rescue_are_on_its_streams_in_order(redis: RedisClient) -> None:
    publishing = Publishing(redis)
    await publishing.publish(*events.whole_life())
    rider = await publishing.read(RIDER)
    assert [item.name for item in rider].count("payment:processed") == 2
    versions = [msgspec.json.decode(i.data)["version"] for i in rider if i.name == "rescue:status_update"]
    assert versions == list(range(1, 8))
    driver = [msgspec.json.decode(item.data).get("status") for item in await publishing.read(DRIVER)]
    assert driver[-5:] == ["en_route", "arrived", "in_transit", "completed", "succeeded"]
    assert len(await publishing.read(OPS)) == len(rider)


async def test_duplicates_are_dropped(redis: RedisClient) -> None:
    publishing = Publishing(redis)
    envelopes = events.whole_life()
    await publishing.publish(*envelopes, *envelopes[3:], *envelopes)
    assert len(await publishing.read(RIDER)) == len(envelopes)


async def test_events_of_two_documents_with_the_same_id_are_both_published(redis: RedisClient) -> None:
    publishing = Publishing(redis)
    offered = OfferMade(
        offer_id="off_1",
        rescue_id=events.RESCUE,
        driver_id=events.DRIVER,
        area_id=events.AREA,
        expires_at=events.START,
    )
    publishing.payloads.by_id["off_1"] = {"id": "off_1"}
    await publishing.publish(
        events.envelope(events.assigned(), 3), events.envelope(offered, 3, collection="dispatchcases")
    )
    assert [item.name for item in await publishing.read(DRIVER)] == ["rescue:status_update", "offer:new"]


async def test_an_event_carries_city_time_and_the_loaded_payload(redis: RedisClient) -> None:
    publishing = Publishing(redis)
    publishing.payloads.by_id["ntf_1"] = {"id": "ntf_1", "title": "Hello"}
    offered = NotificationCreated(notification_id="ntf_1", user_id=events.RIDER)
    at = events.START + timedelta(milliseconds=250)
    await publishing.publish(events.envelope(offered, 1, at=at, document="ntf_1", collection="notifications"))
    (item,) = await publishing.read(RIDER)
    assert (item.name, item.at) == ("notification:new", "2026-11-23T21:00:00.250000Z")
    assert msgspec.json.decode(item.data) == {"id": "ntf_1", "title": "Hello"}


async def test_an_event_whose_payload_was_deleted_is_not_published(redis: RedisClient) -> None:
    publishing = Publishing(redis)
    offered = NotificationCreated(notification_id="ntf_gone", user_id=events.RIDER)
    await publishing.publish(events.envelope(offered, 1, document="ntf_gone", collection="notifications"))
    assert await publishing.read(RIDER) == []
