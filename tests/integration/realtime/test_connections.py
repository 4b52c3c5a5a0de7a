"""Connections to the real-time server: order of events, refused connections, permissions, closing."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest
import socketio

from support.faults import wait_until
from support.realtime import (
    AREAS,
    TIMEOUT_SECONDS,
    SocketClient,
    connected_client,
    publication,
    running_server,
    settings,
    token_of,
)
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.redis.client import RedisClient
from supportcarr.realtime.metrics import register

ANN, BEN, OPS = "usr_ann", "usr_ben", "usr_ops"


async def test_positions_come_first_then_missed_events_then_live_ones(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    positions = await streams.append([publication(f"user:{ANN}", n) for n in range(1, 5)])
    since = {f"user:{ANN}": positions[1] or ""}
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider"), since) as ann,
    ):
        await ann.received.wait_until(lambda received: len(received.events) == 2)
        await streams.append([publication(f"user:{ANN}", 5)])
        await ann.received.wait_until(lambda received: len(received.events) == 3)
    names = [name for name, _ in ann.received.all]
    assert names == ["stream:heads", *["rescue:status_update"] * 3]
    assert ann.received.all[0][1] == {"heads": {f"user:{ANN}": positions[3]}}
    assert [event["data"]["n"] for event in ann.received.events] == [3, 4, 5]


async def test_an_event_arrives_in_its_envelope(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
    ):
        (position,) = await streams.append([publication(f"user:{ANN}", 7)])
        await ann.received.wait_until(lambda received: bool(received.events))
    assert ann.received.events == [
        {
            "id": f"user:{ANN}.7",
            "stream": f"user:{ANN}",
            "cursor": position,
            "at": "2026-11-23T21:00:00Z",
            "data": {"n": 7},
        }
    ]


async def test_without_since_no_earlier_events_are_sent(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    await streams.append([publication(f"user:{ANN}", 1)])
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
    ):
        await streams.append([publication(f"user:{ANN}", 2)])
        await ann.received.wait_until(lambda received: bool(received.events))
    assert [event["data"]["n"] for event in ann.received.events] == [2]


@pytest.mark.parametrize(
    "auth", [{}, "token", {"token": 5}, {"token": "not a token"}, {"token": "a.b", "since": 3}]
)
async def test_an_invalid_token_is_refused_with_a_code(redis: RedisClient, auth: object) -> None:
    async with running_server(redis) as server:
        client = SocketClient()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect_with(server.url, auth)
        assert server.app.server.clients == {}
    assert client.connect_error["message"] == "unauthorized"
    assert client.connect_error["data"]["code"] == "unauthenticated"


async def test_a_rider_gets_their_own_stream_only(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
    ):
        foreign = [publication(f"user:{BEN}", 1), publication("ops:montreal", 1)]
        await streams.append([*foreign, publication(f"user:{ANN}", 1)])
        await ann.received.wait_until(lambda received: bool(received.events))
    assert {event["stream"] for event in ann.received.events} == {f"user:{ANN}"}
    assert set(ann.received.payloads("stream:heads")[0]["heads"]) == {f"user:{ANN}"}


async def test_an_operator_gets_every_area(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(OPS, "support")) as ops,
    ):
        await streams.append([publication(f"ops:{area}", 1) for area in AREAS])
        await ops.received.wait_until(lambda received: len(received.events) == len(AREAS))
    assert set(ops.received.payloads("stream:heads")[0]["heads"]) == {
        f"user:{OPS}",
        *(f"ops:{a}" for a in AREAS),
    }


async def test_a_client_cannot_sync_a_foreign_stream(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    (position, *_) = await streams.append([publication(f"user:{BEN}", n) for n in range(3)])
    since = {f"user:{BEN}": position or ""}
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider"), since) as ann,
    ):
        assert await ann.request("stream:sync", {"since": since}) == {"error": "forbidden"}
        assert await ann.request("stream:sync", {"since": "everything"}) == {"error": "validation_failed"}
        await streams.append([publication(f"user:{ANN}", 1)])
        await ann.received.wait_until(lambda received: bool(received.events))
    assert {event["stream"] for event in ann.received.events} == {f"user:{ANN}"}
    assert ann.received.payloads("stream:reset") == []


@pytest.mark.parametrize("seconds", [2.0, -1.0], ids=["expires", "expires as it connects"])
async def test_an_expired_token_ends_the_connection(redis: RedisClient, seconds: float) -> None:
    """Also one that a busy server accepted when it had just been good."""
    async with running_server(redis) as server:
        client = SocketClient()
        await client.connect(server.url, token_of(ANN, "rider", exp=time.time() + seconds))
        await client.wait_disconnected()
        assert client.received.payloads("auth:expired") == [{"code": "expired"}]
        await wait_until(lambda: server.app.server.clients == {})


async def test_a_revoked_token_ends_the_connection(redis: RedisClient) -> None:
    async with running_server(redis, heads_seconds=0.1) as server:
        client = SocketClient()
        mine = token_of(ANN, "rider")
        await client.connect(server.url, mine)
        server.tokens.revoked.add(mine)
        await client.wait_disconnected()
        assert client.received.payloads("auth:expired") == [{"code": "revoked"}]


async def test_a_ban_ends_the_connections_of_that_account_at_once(redis: RedisClient) -> None:
    async with running_server(redis, heads_seconds=60) as server:  # not by the periodic check
        banned, other = SocketClient(), SocketClient()
        tokens = token_of(ANN, "rider"), token_of(BEN, "rider")
        await banned.connect(server.url, tokens[0])
        await other.connect(server.url, tokens[1])
        server.tokens.revoked.add(tokens[0])
        server.tokens.tell(set(), {ANN, BEN})  # of BEN an older token has ended than the one in use
        await banned.wait_disconnected()
        assert banned.received.payloads("auth:expired") == [{"code": "revoked"}]
        connected = server.app.server.clients
        await wait_until(lambda: [client.principal.user_id for client in connected.values()] == [BEN])
        await other.disconnect()


async def test_a_drain_disconnects_clients_and_refuses_new_ones(redis: RedisClient) -> None:
    async with running_server(redis) as server:
        client = SocketClient()
        await client.connect(server.url, token_of(ANN, "rider"))
        await server.app.server.drain()
        await client.wait_disconnected()
        assert not server.app.ready
        late = SocketClient()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await late.connect(server.url, token_of(BEN, "rider"))
        assert late.connect_error["message"] == "draining"


async def test_polling_is_refused_and_health_is_served(redis: RedisClient) -> None:
    async with running_server(redis) as server, aiohttp.ClientSession() as http:
        async with http.get(f"{server.url}/socket.io/?EIO=4&transport=polling") as response:
            assert response.status == 400
        for path, status in (("/healthz", 200), ("/readyz", 200), ("/", 404)):
            async with http.get(server.url + path) as response:
                assert response.status == status


async def test_a_connection_that_never_authenticates_is_closed(redis: RedisClient) -> None:
    async with (
        running_server(redis, heads_seconds=0.05) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
        aiohttp.ClientSession() as http,
    ):
        url = f"{server.url}/socket.io/?EIO=4&transport=websocket"
        async with http.ws_connect(url) as socket, asyncio.timeout(TIMEOUT_SECONDS):
            server.app.server._handshake_timeout_seconds = 0.5  # they may have taken longer than that
            while not socket.closed:
                await socket.receive()
        heads = len(ann.received.payloads("stream:heads"))
        await ann.received.wait_until(lambda received: len(received.payloads("stream:heads")) > heads + 1)
        assert not ann.disconnected.is_set(), "an authenticated client stays connected"


async def test_the_metrics_count_clients_and_received_events(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
    ):
        metrics = Metrics()
        register(metrics, server.app.server, server.app.fan_out)
        registry = metrics.registry
        await streams.append([publication(f"user:{ANN}", n) for n in range(3)])
        await ann.received.wait_until(lambda received: len(received.events) == 3)
        metrics.render()
        assert registry.get_sample_value("realtime_connected_clients") == 1
        assert registry.get_sample_value("realtime_events_received_total") == 3
        assert registry.get_sample_value("realtime_event_lag") == 0
        assert registry.get_sample_value("realtime_queued_frames") is not None
        assert registry.get_sample_value("realtime_pending_locations") == 0
        assert registry.get_sample_value("realtime_delivery_seconds_count") == 3
