"""Positions: to whom they go, that the latest wins, and how drivers report theirs."""

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

from support.realtime import AT, WAIT, Heard, Served, phone, served, settings, token
from supportcarr.contracts.errors import ApiError
from supportcarr.contracts.positions import PositionUpdate
from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.keys import positions_channel
from supportcarr.realtime.client_session import BackpressureLimits
from supportcarr.realtime.metrics import RealtimeMetrics

ANN, DAN, OPS = "usr_ann", "usr_dan", "usr_ops"
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
FIX = {"lat": 45.5, "lng": -73.6, "at": "2026-11-23T17:00:00Z"}


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


async def tell(redis: RedisClient, *updates: PositionUpdate) -> None:
    """Publish a tick, once somebody listens."""
    async with asyncio.timeout(WAIT):
        while not await redis.publish(positions_channel(), msgspec.json.encode(list(updates))):
            await asyncio.sleep(0.01)


def told(times: int, heard: Heard) -> bool:
    return len(positions(heard)) == times


def positions(heard: Heard) -> list[dict[str, object]]:
    return heard.named("driver:location_update")


async def test_a_position_goes_to_the_job_s_rider_and_to_operators_alone(redis: RedisClient) -> None:
    async with (
        served(redis) as edge,
        phone(edge.url, token(ANN, "rider")) as ann,
        phone(edge.url, token("usr_ben", "rider")) as ben,
        phone(edge.url, token(OPS, "admin")) as ops,
    ):
        await tell(redis, position(1, rider=ANN), position(2, area="laval"))
        await ann.heard.until(lambda heard: bool(positions(heard)))
        await ops.heard.until(lambda heard: bool(positions(heard)))
        assert await ben.ask("stream:sync", {"since": {}}) == {"ok": True}
    assert positions(ann.heard) == [
        {
            "driver_id": DAN,
            "lat": 45.5,
            "lng": -73.6,
            "at": "2026-11-23T17:00:01Z",
            "rescue_id": "res_qc_1",
            "eta_seconds": 299,
        }
    ]
    assert positions(ben.heard) == []


async def test_every_new_position_reaches_a_client_that_keeps_up(redis: RedisClient) -> None:
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider")) as ann:
        for n in range(5):
            await tell(redis, position(n, rider=ANN))
            await ann.heard.until(partial(told, n + 1))
    assert [data["eta_seconds"] for data in positions(ann.heard)] == [300, 299, 298, 297, 296]


async def test_a_driver_s_position_is_reported_and_acknowledged(redis: RedisClient) -> None:
    async with served(redis) as edge, phone(edge.url, token(DAN, "driver")) as dan:
        assert await dan.ask("driver:location", FIX | {"speed": 8.5}) == {"ok": True}
    ((driver_id, fix),) = edge.reports.fixes
    assert (driver_id, fix.lat, fix.lng, fix.speed, fix.at) == (DAN, 45.5, -73.6, 8.5, NOON)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        "here",
        FIX | {"lat": 91},
        FIX | {"lng": float("nan")},
        FIX | {"at": "2026-11-23T17:00:00"},
        FIX | {"at": "noon"},
        FIX | {"altitude": 30},
        FIX | {"heading": 400},
    ],
)
async def test_a_position_that_makes_no_sense_is_refused(redis: RedisClient, wrong: object) -> None:
    async with served(redis) as edge, phone(edge.url, token(DAN, "driver")) as dan:
        assert await dan.ask("driver:location", wrong) == {"error": "validation_failed"}
    assert edge.reports.fixes == []


async def test_the_refusal_s_code_is_the_acknowledgement(redis: RedisClient) -> None:
    class Stale(ApiError):
        code = "position_stale"

    async with served(redis) as edge, phone(edge.url, token(DAN, "driver")) as dan:
        edge.reports.refusal = Stale()
        assert await dan.ask("driver:location", FIX) == {"error": "position_stale"}
        edge.reports.refusal = RuntimeError("a defect")
        assert await dan.ask("driver:location", FIX) == {"error": "internal_error"}


async def test_only_drivers_report_positions(redis: RedisClient) -> None:
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider")) as ann:
        assert await ann.ask("driver:location", FIX) == {"error": "forbidden"}
    assert edge.reports.fixes == []


async def test_a_flood_of_positions_is_refused(redis: RedisClient) -> None:
    async with served(redis) as edge, phone(edge.url, token(DAN, "driver")) as dan:
        answers = [await dan.ask("driver:location", FIX) for _ in range(50)]
        assert {"error": "rate_limited"} not in answers
        answers = await asyncio.gather(*(dan.ask("driver:location", FIX) for _ in range(400)))
    assert {"error": "rate_limited"} in answers


class Deaf:
    """A client that connects by hand, reads its heads, and then reads nothing more."""

    async def connect(self, edge: Served) -> Deaf:
        host = urlsplit(edge.url)
        self.reader, self.writer = await asyncio.open_connection(host.hostname, host.port, limit=1024)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host.netloc}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await self.reader.readuntil(b"}")
        hello = b'40{"token":"%s"}' % token(ANN, "rider").encode()
        self.writer.write(bytes([0x81, 0x80 | 126]) + len(hello).to_bytes(2, "big") + bytes(4) + hello)
        await self.reader.readuntil(b"stream:heads")
        return self

    def leave(self) -> None:
        self.writer.close()


def big(n: int) -> Publication:
    """An event of which some fill the kernel's buffers."""
    return Publication((f"user:{ANN}",), str(n), "rescue:status_update", AT, BIG)


BIG = b'"' + b"x" * 60_000 + b'"'


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT):
        while not done():
            await asyncio.sleep(0.02)


async def test_a_drain_does_not_wait_for_a_client_that_does_not_read(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with served(redis, bounds=BackpressureLimits(pause_above=8, stall_timeout_seconds=600)) as edge:
        deaf = await Deaf().connect(edge)
        await streams.append([big(n) for n in range(400)])
        (client,) = edge.realtime.server.clients.values()
        await until(lambda: client.transport.queued() >= 8)
        async with asyncio.timeout(WAIT):
            await edge.realtime.server.drain()
        assert edge.realtime.server.connections == 0
        deaf.leave()


async def test_a_client_that_does_not_read_costs_little_and_is_cut_off(redis: RedisClient) -> None:
    bounds = BackpressureLimits(pause_above=16, inbox_size=8, stall_timeout_seconds=0.5)
    streams = EventStreams(redis, settings().streams)
    async with served(redis, bounds=bounds) as edge:
        deaf = await Deaf().connect(edge)
        (client,) = edge.realtime.server.clients.values()
        queued = 0
        for n in range(400):
            await streams.append([big(n)])
            queued = max(queued, client.transport.queued())
        assert queued <= bounds.pause_above + 2
        await until(
            lambda: edge.realtime.server.slow_clients_disconnected == 1 and not edge.realtime.server.clients
        )
        await until(lambda: not edge.realtime.server.sio.eio.sockets)
        deaf.leave()


async def test_for_a_slow_client_only_the_latest_position_of_each_driver_waits(redis: RedisClient) -> None:
    bounds = BackpressureLimits(skip_locations_above=4, pause_above=8, stall_timeout_seconds=600)
    streams = EventStreams(redis, settings().streams)
    async with served(redis, bounds=bounds, heads_seconds=0.1) as edge:
        deaf = await Deaf().connect(edge)
        (client,) = edge.realtime.server.clients.values()
        await streams.append([big(n) for n in range(400)])
        await until(lambda: client.transport.queued() >= bounds.pause_above)
        heard = edge.realtime.fan_out.locations_received
        for second in range(50):
            await tell(redis, position(second, rider=ANN))
        await until(lambda: edge.realtime.fan_out.locations_received == heard + 50)
        assert client.transport.queued() <= bounds.pause_above + 1
        figures = RealtimeMetrics(edge.realtime.server, edge.realtime.fan_out).collect()
        [waiting] = [one for one in figures if one.name == "realtime_pending_locations"]
        assert waiting.samples[0].value == 1
        # It begins to read again: what waited arrives, and of the positions the last one.
        text = b""
        async with asyncio.timeout(WAIT):
            while b"driver:location_update" not in text[-2_000_000:]:
                text += await deaf.reader.read(1 << 20)
        assert text.count(b"driver:location_update") == 1
        assert b'"eta_seconds":251' in text
        deaf.leave()
