"""A person's stream that is full, at the length it has in life: who comes back too late reloads."""

from __future__ import annotations

import pytest

from support.realtime import entry, phone, served, token
from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.events.stream_types import StreamReset
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient

ANN = "usr_ann"
STREAM, OPS = f"user:{ANN}", "ops:montreal"
KEPT = 1_000  # of a person, and so many times more of an area
BATCH = 100


async def fill(streams: EventStreams, stream: str, start: int, count: int) -> str:
    """So many events more; the stream's head."""
    cursors: list[str | None] = [None]
    for first in range(start, start + count, BATCH):
        last = min(first + BATCH, start + count)
        cursors = await streams.append([entry(stream, n) for n in range(first, last)])
    assert cursors[-1] is not None
    return cursors[-1]


def at(head: str, seq: int) -> str:
    return f"{head.partition(':')[0]}:{seq}"


async def test_the_last_thousand_events_of_a_person_are_kept_for_an_hour(redis: RedisClient) -> None:
    settings = StreamSettings()
    assert (settings.user_events, settings.ops_events, settings.keep_seconds) == (KEPT, 50 * KEPT, 3600)
    streams = EventStreams(redis, settings)
    head = await fill(streams, STREAM, 0, KEPT + 1)
    kept = await streams.read(STREAM, at(head, 1), 2 * KEPT)
    assert [item.position for item in kept] == [at(head, seq) for seq in range(2, KEPT + 2)]
    with pytest.raises(StreamReset) as reset:
        await streams.read(STREAM, at(head, 0), 2 * KEPT)
    assert reset.value.position == head
    head = await fill(streams, OPS, 0, 2 * KEPT)  # operators' streams are longer
    assert len(await streams.read(OPS, at(head, 0), 3 * KEPT)) == 2 * KEPT


async def test_who_returns_with_all_that_is_kept_replays_it_and_one_earlier_reloads(
    redis: RedisClient,
) -> None:
    streams = EventStreams(redis, StreamSettings())
    head = await fill(streams, STREAM, 0, KEPT + 5)
    async with served(redis) as edge:
        async with phone(edge.url, token(ANN, "rider"), {STREAM: at(head, 5)}) as in_time:
            await in_time.heard.until(lambda heard: len(heard.events) >= KEPT)
        assert [event["data"]["n"] for event in in_time.heard.events] == list(range(5, KEPT + 5))
        assert in_time.heard.named("stream:reset") == []
        async with phone(edge.url, token(ANN, "rider"), {STREAM: at(head, 4)}) as late:
            await late.heard.until(lambda heard: bool(heard.named("stream:reset")))
            await fill(streams, STREAM, KEPT + 5, 1)
            await late.heard.until(lambda heard: bool(heard.events))
        assert late.heard.named("stream:reset") == [{"heads": {STREAM: head}}]
        assert [event["data"]["n"] for event in late.heard.events] == [KEPT + 5]


async def test_rights_are_decided_again_when_somebody_returns(redis: RedisClient) -> None:
    """Who was an operator once has a cursor of the area's stream, and nothing comes of it."""
    streams = EventStreams(redis, StreamSettings())
    head = await fill(streams, OPS, 0, 3)
    mine = await fill(streams, STREAM, 0, 3)
    since = {OPS: at(head, 0), STREAM: at(mine, 0)}
    async with served(redis, heads_seconds=0.1) as edge:
        async with phone(edge.url, token(ANN, "support"), since) as operator:
            await operator.heard.until(lambda heard: len(heard.events) == 6)
        async with phone(edge.url, token(ANN, "rider"), since) as rider:
            await rider.heard.until(lambda heard: len(heard.events) == 3)
            assert await rider.ask("stream:sync", {"since": {OPS: at(head, 0)}}) == {"error": "forbidden"}
            told = len(rider.heard.named("stream:heads"))
            await rider.heard.until(lambda heard: len(heard.named("stream:heads")) > told + 1)
        assert {event["stream"] for event in rider.heard.events} == {STREAM}
        assert all(OPS not in said["heads"] for said in rider.heard.named("stream:heads"))
        assert rider.heard.named("stream:reset") == []
