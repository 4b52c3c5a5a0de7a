"""Driver locations: who receives them, that the latest wins, and how drivers report them."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import msgspec
import pytest

from support.realtime import (
    EVENT_TIME,
    TIMEOUT_SECONDS,
    Received,
    RunningServer,
    connected_client,
    running_server,
    settings,
    token_of,
)
from supportcarr.contracts.errors import ApiError
from supportcarr.contracts.positions import PositionUpdate
from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.keys import positions_channel
from supportcarr.realtime import server as socket_server
from supportcarr.realtime.client_session import BackpressureLimits
from supportcarr.realtime.metrics import register

ANN, DAN, OPS = "usr_ann", "usr_dan", "usr_ops"
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
REPORT = {"lat": 45.5, "lng": -73.6, "at": "2026-11-23T17:00:00Z"}


def position(n: int, *, rider: str | None = None, area: str = "montreal") -> PositionUpdate:
    return PositionUpdate(
        driver_id=DAN,
        area_id=area,
        lat=45.5,
        lng=-73.6,
        at=NOON + timedelta(seconds=n),
        rescue_id="res_qc_1" if rider else None,
        rider_id=rider,
        eta_seconds=300 - n if rider else None,
    )


async def publish(redis: RedisClient, *updates: PositionUpdate) -> None:
    """Publish locations, once the server has subscribed."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not await redis.publish(positions_channel(), msgspec.json.encode(list(updates))):
            await asyncio.sleep(0.01)


def has_received(times: int, received: Received) -> bool:
    return len(positions(received)) == times


def positions(received: Received) -> list[dict[str, object]]:
    return received.payloads("driver:location_update")


async def test_a_location_goes_to_the_job_s_rider_and_operators_only(redis: RedisClient) -> None:
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
        connected_client(server.url, token_of("usr_ben", "rider")) as ben,
        connected_client(server.url, token_of(OPS, "admin")) as ops,
    ):
        await publish(redis, position(1, rider=ANN), position(2, area="laval"))
        await ann.received.wait_until(lambda received: bool(positions(received)))
        await ops.received.wait_until(lambda received: bool(positions(received)))
        assert await ben.request("stream:sync", {"since": {}}) == {"ok": True}
    assert positions(ann.received) == [
        {
            "driver_id": DAN,
            "lat": 45.5,
            "lng": -73.6,
            "at": "2026-11-23T17:00:01Z",
            "rescue_id": "res_qc_1",
            "eta_seconds": 299,
        }
    ]
    assert positions(ben.received) == []


async def test_every_location_reaches_a_client_that_keeps_up(redis: RedisClient) -> None:
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
    ):
        for n in range(5):
            await publish(redis, position(n, rider=ANN))
            await ann.received.wait_until(partial(has_received, n + 1))
    assert [data["eta_seconds"] for data in positions(ann.received)] == [300, 299, 298, 297, 296]


async def test_a_position_report_is_acknowledged(redis: RedisClient) -> None:
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(DAN, "driver")) as dan,
    ):
        assert await dan.request("driver:location", REPORT | {"speed": 8.5}) == {"ok": True}
    ((driver_id, report),) = server.position_sink.reports
    assert (driver_id, report.lat, report.lng, report.speed, report.at) == (DAN, 45.5, -73.6, 8.5, NOON)


@pytest.mark.parametrize(
    "invalid",
    [
        None,
        {},
        "here",
        REPORT | {"lat": 91},
        REPORT | {"lng": float("nan")},
        REPORT | {"at": "2026-11-23T17:00:00"},
        REPORT | {"at": "noon"},
        REPORT | {"altitude": 30},
        REPORT | {"heading": 400},
    ],
)
async def test_an_invalid_position_is_refused(redis: RedisClient, invalid: object) -> None:
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(DAN, "driver")) as dan,
    ):
        assert await dan.request("driver:location", invalid) == {"error": "validation_failed"}
    assert server.position_sink.reports == []


async def test_the_error_s_code_is_the_acknowledgement(redis: RedisClient) -> None:
    class Stale(ApiError):
        code = "position_stale"

    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(DAN, "driver")) as dan,
    ):
        server.position_sink.error = Stale()
        assert await dan.request("driver:location", REPORT) == {"error": "position_stale"}
        server.position_sink.error = RuntimeError("a defect")
        assert await dan.request("driver:location", REPORT) == {"error": "internal_error"}


async def test_only_drivers_report_positions(redis: RedisClient) -> None:
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
    ):
        assert await ann.request("driver:location", REPORT) == {"error": "forbidden"}
    assert server.position_sink.reports == []


async def test_positions_above_the_rate_limit_are_refused(
    redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_server, "REQUESTS_PER_SECOND", 0.01)  # however long the requests take
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(DAN, "driver")) as dan,
    ):
        answers = [await dan.request("driver:location", REPORT) for _ in range(50)]
        assert {"error": "rate_limited"} not in answers
        answers = await asyncio.gather(*(dan.request("driver:location", REPORT) for _ in range(400)))
    assert {"error": "rate_limited"} in answers


class NonReadingClient:
    """A client that connects on a raw socket, reads the stream positions, and nothing after that."""

    async def connect(self, server: RunningServer) -> NonReadingClient:
        host = urlsplit(server.url)
        self.reader, self.writer = await asyncio.open_connection(host.hostname, host.port, limit=1024)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host.netloc}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await self.reader.readuntil(b"}")
        hello = b'40{"token":"%s"}' % token_of(ANN, "rider").encode()
        self.writer.write(bytes([0x81, 0x80 | 126]) + len(hello).to_bytes(2, "big") + bytes(4) + hello)
        await self.reader.readuntil(b"stream:heads")
        return self

    def leave(self) -> None:
        self.writer.close()


def big_publication(n: int) -> Publication:
    """An event so big that a few fill the kernel's buffers."""
    return Publication((f"user:{ANN}",), str(n), "rescue:status_update", EVENT_TIME, BIG)


BIG = b'"' + b"x" * 60_000 + b'"'


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not done():
            await asyncio.sleep(0.02)


async def test_a_drain_does_not_wait_for_a_client_that_does_not_read(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with running_server(
        redis, limits=BackpressureLimits(pause_above=8, stall_timeout_seconds=600)
    ) as server:
        slow_client = await NonReadingClient().connect(server)
        await streams.append([big_publication(n) for n in range(400)])
        (client,) = server.app.server.clients.values()
        await until(lambda: client.transport.queued() >= 8)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await server.app.server.drain()
        assert server.app.server.connections == 0
        slow_client.leave()


async def test_a_client_that_does_not_read_is_disconnected(redis: RedisClient) -> None:
    limits = BackpressureLimits(pause_above=16, inbox_size=8, stall_timeout_seconds=0.5)
    streams = EventStreams(redis, settings().streams)
    async with running_server(redis, limits=limits) as server:
        slow_client = await NonReadingClient().connect(server)
        (client,) = server.app.server.clients.values()
        queued = 0
        for n in range(400):
            await streams.append([big_publication(n)])
            queued = max(queued, client.transport.queued())
        assert queued <= limits.pause_above + 2
        await until(
            lambda: server.app.server.slow_clients_disconnected == 1 and not server.app.server.clients
        )
        await until(lambda: not server.app.server.sio.eio.sockets)
        slow_client.leave()


async def test_only_the_latest_location_of_each_driver_waits_for_a_slow_client(redis: RedisClient) -> None:
    limits = BackpressureLimits(skip_locations_above=4, pause_above=8, stall_timeout_seconds=600)
    streams = EventStreams(redis, settings().streams)
    async with running_server(redis, limits=limits, heads_seconds=0.1) as server:
        slow_client = await NonReadingClient().connect(server)
        (client,) = server.app.server.clients.values()
        await streams.append([big_publication(n) for n in range(400)])
        await until(lambda: client.transport.queued() >= limits.pause_above)
        received = server.app.fan_out.locations_received
        for second in range(50):
            await publish(redis, position(second, rider=ANN))
        await until(lambda: server.app.fan_out.locations_received == received + 50)
        assert client.transport.queued() <= limits.pause_above + 1
        metrics = Metrics()
        register(metrics, server.app.server, server.app.fan_out)
        metrics.render()
        assert metrics.registry.get_sample_value("realtime_pending_locations") == 1
        # The client reads again: the queued frames arrive, and of the locations only the last one.
        text = bytearray()
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while b"driver:location_update" not in text[-100_000:]:
                text += await slow_client.reader.read(50_000)
        assert text.count(b"driver:location_update") == 1
        assert b'"eta_seconds":251' in text
        slow_client.leave()
