"""A real-time process that receives nothing for a while: stopped, cut off from Redis, or slower than the
firehose is long.  Its clients get the missed events once and in order, or are told to reload."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from support.faults import FaultyProxy, wait_until
from support.http.server import new_phone
from support.platform.fleet import Fleet, FleetProcess
from support.ports import free_port
from support.realtime import Received, connected_client, publication
from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIREHOSE = 100
BEFORE, MISSED = 3, 700  # events before the outage, and during it


@dataclass(slots=True)
class Platform:
    """A real-time process that the test can stop or cut off from Redis, and an API to sign up at."""

    fleet: Fleet
    api: FleetProcess
    sockets: FleetProcess
    redis: RedisClient
    proxy: FaultyProxy

    async def person(self) -> tuple[str, str]:
        """A new person's token and the name of their stream."""
        token = await self.fleet.sign_up(self.api, new_phone())
        me = await self.fleet.request(self.api, "GET", "/me", token=token)
        return token, f"user:{me.body['id']}"

    def streams(self, kept: int) -> EventStreams:
        """Streams that keep *kept* events of each person."""
        return EventStreams(self.redis, StreamSettings(user_events=kept, firehose_events=FIREHOSE))

    async def pause(self) -> None:
        """Stop the process with SIGSTOP."""
        pid = self.sockets.process.pid
        os.kill(pid, signal.SIGSTOP)
        await wait_until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")

    def resume(self) -> None:
        os.kill(self.sockets.process.pid, signal.SIGCONT)

    async def wait_until_cut_off(self) -> None:
        """Return when the process has noticed that Redis is unavailable."""

        async def stale() -> bool:
            return await self.fleet.metric(self.sockets, "revocation_stale") == 1

        await wait_until(stale)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    folder = tmp_path_factory.mktemp("unreachable")
    server = EmbeddedRedis(folder / "redis", port=free_port())
    server.start()
    short = {"STREAMS_FIREHOSE_EVENTS": str(FIREHOSE), "STREAMS_HEADS_SECONDS": "0.5"}
    try:
        with FaultyProxy(server.port or 0) as proxy:
            async with Fleet(folder, server, **short) as fleet, RedisClient(server.url, timeout=30) as redis:
                api = await fleet.start("api")
                sockets = await fleet.start("realtime", REDIS_URL=proxy.redis_url(server.url))
                yield Platform(fleet, api, sockets, redis, proxy)
    finally:
        server.stop()


def numbers(received: Received) -> list[int]:
    return [event["data"]["n"] for event in received.events]


def has(count: int) -> Callable[[Received], bool]:
    return lambda received: len(received.events) >= count


async def test_a_process_stopped_beyond_the_firehose_reads_from_the_streams(platform: Platform) -> None:
    token, stream = await platform.person()
    streams = platform.streams(kept=1000)
    async with connected_client(platform.sockets.url, token) as client:
        for n in range(BEFORE):
            await streams.append([publication(stream, n)])
        await client.received.wait_until(has(BEFORE))
        await platform.pause()
        for n in range(BEFORE, BEFORE + MISSED):
            await streams.append([publication(stream, n)])
        assert (
            await platform.redis.call("XLEN", keys.firehose(0)) < MISSED
        )  # the firehose does not have all of them
        platform.resume()
        await client.received.wait_until(has(BEFORE + MISSED))
        await streams.append([publication(stream, BEFORE + MISSED)])
        await client.received.wait_until(has(BEFORE + MISSED + 1))
    assert numbers(client.received) == list(range(BEFORE + MISSED + 1))
    assert client.received.payloads("stream:reset") == []


async def test_a_process_stopped_beyond_a_stream_s_length_resets_its_clients(platform: Platform) -> None:
    token, stream = await platform.person()
    streams = platform.streams(kept=50)
    async with connected_client(platform.sockets.url, token) as client:
        await streams.append([publication(stream, 0)])
        await client.received.wait_until(has(1))
        await platform.pause()
        for n in range(1, MISSED):
            await streams.append([publication(stream, n)])
        head = (await streams.current_positions([stream]))[stream]
        platform.resume()
        await client.received.wait_until(lambda received: bool(received.payloads("stream:reset")))
        await streams.append([publication(stream, MISSED)])
        await client.received.wait_until(lambda received: MISSED in numbers(received))
    assert client.received.payloads("stream:reset") == [{"heads": {stream: head}}]
    # an event sent to the process before it was stopped may arrive before the reset
    assert numbers(client.received) in ([0, MISSED], [0, 1, MISSED])


@pytest.mark.parametrize("fault", ["shut", "stall"])
async def test_a_process_cut_off_from_redis_delivers_missed_events(platform: Platform, fault: str) -> None:
    token, stream = await platform.person()
    streams = platform.streams(kept=1000)
    async with connected_client(platform.sockets.url, token) as client:
        await streams.append([publication(stream, 0)])
        await client.received.wait_until(has(1))
        platform.proxy.refuse_connections() if fault == "shut" else platform.proxy.stall()
        await platform.wait_until_cut_off()
        for n in range(1, MISSED):
            await streams.append([publication(stream, n)])
        assert numbers(client.received) == [0]
        platform.proxy.restore()
        await client.received.wait_until(has(MISSED))
    assert numbers(client.received) == list(range(MISSED))
    assert client.received.payloads("stream:reset") == []
