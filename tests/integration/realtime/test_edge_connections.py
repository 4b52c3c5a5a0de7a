"""Connecting to the edge: order, refusals, rights, endings."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest
import socketio
from prometheus_client import CollectorRegistry

from support.realtime import AREAS, WAIT, Phone, entry, phone, served, settings, token
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient
from supportcarr.realtime.metrics import RealtimeMetrics

ANN, BEN, OPS = "usr_ann", "usr_ben", "usr_ops"


async def test_heads_come_first_then_what_was_missed_then_what_is_live(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    cursors = await streams.append([entry(f"user:{ANN}", n) for n in range(1, 5)])
    since = {f"user:{ANN}": cursors[1] or ""}
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider"), since) as ann:
        await ann.heard.until(lambda heard: len(heard.events) == 2)
        await streams.append([entry(f"user:{ANN}", 5)])
        await ann.heard.until(lambda heard: len(heard.events) == 3)
    names = [name for name, _ in ann.heard.all]
    assert names == ["stream:heads", *["rescue:status_update"] * 3]
    assert ann.heard.all[0][1] == {"heads": {f"user:{ANN}": cursors[3]}}
    assert [event["data"]["n"] for event in ann.heard.events] == [3, 4, 5]


async def test_an_event_arrives_in_its_envelope(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider")) as ann:
        (cursor,) = await streams.append([entry(f"user:{ANN}", 7)])
        await ann.heard.until(lambda heard: bool(heard.events))
    assert ann.heard.events == [
        {
            "id": f"user:{ANN}.7",
            "stream": f"user:{ANN}",
            "cursor": cursor,
            "at": "2026-11-23T21:00:00Z",
            "data": {"n": 7},
        }
    ]


async def test_without_since_nothing_old_is_told(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    await streams.append([entry(f"user:{ANN}", 1)])
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider")) as ann:
        await streams.append([entry(f"user:{ANN}", 2)])
        await ann.heard.until(lambda heard: bool(heard.events))
    assert [event["data"]["n"] for event in ann.heard.events] == [2]


@pytest.mark.parametrize(
    "auth", [{}, "token", {"token": 5}, {"token": "not a token"}, {"token": "a.b", "since": 3}]
)
async def test_a_bad_token_is_refused_in_words_that_a_client_can_tell(
    redis: RedisClient, auth: object
) -> None:
    async with served(redis) as edge:
        client = Phone()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect_with(edge.url, auth)
        assert edge.realtime.server.clients == {}
    assert client.refusal["message"] == "unauthorized"
    assert client.refusal["data"]["code"] == "unauthenticated"


async def test_a_rider_hears_their_own_stream_alone(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider")) as ann:
        foreign = [entry(f"user:{BEN}", 1), entry("ops:montreal", 1)]
        await streams.append([*foreign, entry(f"user:{ANN}", 1)])
        await ann.heard.until(lambda heard: bool(heard.events))
    assert {event["stream"] for event in ann.heard.events} == {f"user:{ANN}"}
    assert set(ann.heard.named("stream:heads")[0]["heads"]) == {f"user:{ANN}"}


async def test_an_operator_hears_every_area(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with served(redis) as edge, phone(edge.url, token(OPS, "support")) as ops:
        await streams.append([entry(f"ops:{area}", 1) for area in AREAS])
        await ops.heard.until(lambda heard: len(heard.events) == len(AREAS))
    assert set(ops.heard.named("stream:heads")[0]["heads"]) == {f"user:{OPS}", *(f"ops:{a}" for a in AREAS)}


async def test_nobody_gets_another_s_stream_by_asking(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    (cursor, *_) = await streams.append([entry(f"user:{BEN}", n) for n in range(3)])
    since = {f"user:{BEN}": cursor or ""}
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider"), since) as ann:
        assert await ann.ask("stream:sync", {"since": since}) == {"error": "forbidden"}
        assert await ann.ask("stream:sync", {"since": "everything"}) == {"error": "validation_failed"}
        await streams.append([entry(f"user:{ANN}", 1)])
        await ann.heard.until(lambda heard: bool(heard.events))
    assert {event["stream"] for event in ann.heard.events} == {f"user:{ANN}"}
    assert ann.heard.named("stream:reset") == []


async def test_a_token_that_runs_out_ends_the_socket_and_says_so(redis: RedisClient) -> None:
    async with served(redis) as edge:
        client = Phone()
        await client.connect(edge.url, token(ANN, "rider", exp=time.time() + 0.5))
        await client.ended()
        assert client.heard.named("auth:expired") == [{"code": "expired"}]
        assert edge.realtime.server.clients == {}


async def test_a_token_that_is_taken_back_ends_the_socket(redis: RedisClient) -> None:
    async with served(redis, heads_seconds=0.1) as edge:
        client = Phone()
        mine = token(ANN, "rider")
        await client.connect(edge.url, mine)
        edge.tokens.revoked.add(mine)
        await client.ended()
        assert client.heard.named("auth:expired") == [{"code": "revoked"}]


async def test_a_drain_sends_everybody_away_and_lets_nobody_in(redis: RedisClient) -> None:
    async with served(redis) as edge:
        client = Phone()
        await client.connect(edge.url, token(ANN, "rider"))
        await edge.realtime.server.drain()
        await client.ended()
        assert not edge.realtime.ready
        late = Phone()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await late.connect(edge.url, token(BEN, "rider"))
        assert late.refusal["message"] == "draining"


async def test_polling_is_not_spoken_and_health_is(redis: RedisClient) -> None:
    async with served(redis) as edge, aiohttp.ClientSession() as http:
        async with http.get(f"{edge.url}/socket.io/?EIO=4&transport=polling") as answer:
            assert answer.status == 400
        for path, status in (("/healthz", 200), ("/readyz", 200), ("/", 404)):
            async with http.get(edge.url + path) as answer:
                assert answer.status == status


async def test_a_connection_that_never_says_who_it_is_is_closed(redis: RedisClient) -> None:
    async with served(redis, heads_seconds=0.05, hello_seconds=0.2) as edge, aiohttp.ClientSession() as http:
        url = f"{edge.url}/socket.io/?EIO=4&transport=websocket"
        async with http.ws_connect(url) as socket, asyncio.timeout(WAIT):
            while not socket.closed:
                await socket.receive()
        async with phone(edge.url, token(ANN, "rider")) as ann:
            await ann.heard.until(lambda heard: len(heard.named("stream:heads")) > 8)
            assert not ann.gone.is_set(), "who said who they are stays"


async def test_the_figures_count_sockets_and_what_was_heard(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider")) as ann:
        registry = CollectorRegistry()
        registry.register(RealtimeMetrics(edge.realtime.server, edge.realtime.fan_out))
        await streams.append([entry(f"user:{ANN}", n) for n in range(3)])
        await ann.heard.until(lambda heard: len(heard.events) == 3)
        assert registry.get_sample_value("realtime_connected_clients") == 1
        assert registry.get_sample_value("realtime_events_received_total") == 3
        assert registry.get_sample_value("realtime_event_lag") == 0
        assert registry.get_sample_value("realtime_queued_frames") is not None
        assert registry.get_sample_value("realtime_pending_locations") == 0
