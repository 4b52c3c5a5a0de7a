"""Processes are restarted behind the edge, one after the other, under requests and sockets: nothing fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from support.deploy.edge import NGINX, Edge, running_edge
from support.http.server import new_phone
from support.platform.fleet import UNLIMITED, Fleet, FleetProcess
from support.realtime import Received, publication, settings
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient
from supportcarr.riders.collections import PLACES
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (scripts/setup nginx)")

EVENTS_A_SECOND = 20
PAUSE_S = 0.05  # between two rounds of a client
KEEPALIVE_S = 4.0  # of the edge to the API


@dataclass
class Load:
    """What clients of the edge did, and what failed."""

    edge: Edge
    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)  # names of places that the API acknowledged
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def rider(self, number: int, token: str) -> None:
        """Save places, rename and delete them, read; none of it is sent twice."""
        n = 0
        while not self.ended.is_set():
            name = f"{number} {n}"
            place = {"name": name, "lat": 45.52, "lng": -73.58}
            made = await self._ask("POST", "/me/places", token, place, key=f"place-{number}-{n:08}")
            if made is not None:
                self.saved.append(name)
                path = f"/me/places/{made['id']}"
                await self._ask("PATCH", path, token, {"name": f"{name} renamed"})
                if n % 10:
                    await self._ask("DELETE", path, token)
                    self.saved.remove(name)
            await self._ask("GET", "/me", token)
            n += 1
            # At times as long as the edge keeps a connection: the requests matter that meet its end.
            await asyncio.sleep(KEEPALIVE_S - 0.1 + 0.05 * (n % 5) if n % 20 == number else PAUSE_S)

    async def _ask(
        self, method: str, path: str, token: str, body: Any = None, *, key: str = ""
    ) -> dict[str, Any] | None:
        headers = {"authorization": f"Bearer {token}"} | ({"idempotency-key": key} if key else {})
        try:
            async with self.edge.session.request(
                method, f"/api/v1{path}", json=body, headers=headers
            ) as reply:
                content = await reply.read()
                if reply.status >= 400:
                    self.failed.append(f"{method} {path}: {reply.status} {content[:200]!r}")
                    return None
                self.answered[method] += 1
                return await reply.json() if content else {}
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.failed.append(f"{method} {path}: {error!r}")
            return None


class App:
    """A client with a socket that connects again by itself, as the apps do, and asks for what it missed."""

    def __init__(self, edge: Edge, stream: str, token: str) -> None:
        self._edge, self._stream, self._token = edge, stream, token
        self.received = Received()
        self.connections = 0

    async def run(self) -> None:
        while True:
            gone = asyncio.Event()
            connector = aiohttp.TCPConnector(ssl=self._edge.certificate.client())
            async with aiohttp.ClientSession(connector=connector) as http:
                client = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=http)
                client.on("*", self.received.record)
                client.on("disconnect", lambda *_, gone=gone: gone.set())
                auth = {"token": self._token, "since": self._since()}
                try:
                    await client.connect(self._edge.url, auth=auth, transports=["websocket"], wait_timeout=60)
                    self.connections += 1
                    await gone.wait()
                except socketio.exceptions.ConnectionError:
                    pass  # this process is about to end: the next attempt reaches another one
                finally:
                    with contextlib.suppress(Exception):
                        await client.disconnect()
            await asyncio.sleep(0.2)

    def _since(self) -> Mapping[str, str]:
        if self.received.events:
            return {self._stream: self.received.events[-1]["cursor"]}
        heads = self.received.payloads("stream:heads")
        return dict(heads[0]["heads"]) if heads else {}

    @property
    def numbers(self) -> list[int]:
        return [event["data"]["n"] for event in self.received.events if "n" in event["data"]]


@dataclass
class Site:
    fleet: Fleet
    edge: Edge
    processes: dict[str, list[FleetProcess]]

    async def restart(self, role: str, number: int) -> None:
        """SIGTERM, drained, a new one on the same port that is ready."""
        old = self.processes[role][number]
        old.process.terminate()
        async with asyncio.timeout(110):
            assert await old.process.wait() == 0, old.log.read_text()
        port = int(old.url.rpartition(":")[2])
        self.processes[role][number] = await self.fleet.start(role, port=port)


@asynccontextmanager
async def site(folder: Path, redis: EmbeddedRedis, counts: Mapping[str, int]) -> AsyncIterator[Site]:
    # A stalled edge closes its connections late; tests/unit/deploy/test_timeouts.py compares the usual times.
    async with Fleet(folder, redis, DRAIN_SECONDS="50", DRAIN_IDLE_SECONDS="12", **UNLIMITED) as fleet:
        roles = [role for role, count in counts.items() for _ in range(count)]
        started = await asyncio.gather(*(fleet.start(role) for role in roles))
        processes: dict[str, list[FleetProcess]] = {role: [] for role in counts}
        for role, process in zip(roles, started, strict=True):
            processes[role].append(process)
        (folder / "edge").mkdir()
        api, realtime = ([each.url for each in processes[role]] for role in ("api", "realtime"))
        async with running_edge(folder / "edge", api=api, realtime=realtime) as edge:
            yield Site(fleet, edge, processes)


@pytest.mark.parametrize(
    ("counts", "restarted"),
    [
        pytest.param({"api": 2, "realtime": 1}, {"api": 1}, id="one"),
        pytest.param(
            {"api": 2, "realtime": 2, "worker": 2},
            {"api": 2, "realtime": 2, "worker": 2},
            id="all",
            marks=pytest.mark.long,
        ),
    ],
)
async def test_no_request_fails_and_no_event_is_lost(
    tmp_path: Path, own_redis_server: EmbeddedRedis, counts: dict[str, int], restarted: dict[str, int]
) -> None:
    async with (
        asyncio.timeout(400),
        site(tmp_path, own_redis_server, counts) as running,
        RedisClient(own_redis_server.url, timeout=30) as redis,
    ):
        first = running.processes["api"][0]
        tokens = [await running.fleet.sign_up(first, new_phone()) for _ in range(6)]
        me = (await running.fleet.request(first, "GET", "/me", token=tokens[0])).body
        stream = f"user:{me['id']}"
        load = Load(running.edge)
        apps = [App(running.edge, stream, tokens[0]) for _ in range(3)]
        sockets = [asyncio.create_task(app.run()) for app in apps]
        for app in apps:
            await app.received.wait_until(lambda received: bool(received.payloads("stream:heads")))
        told = asyncio.Event()
        events: list[int] = []
        streams = EventStreams(redis, settings().streams)

        async def tell() -> None:
            while not told.is_set():
                await streams.append([publication(stream, len(events))])
                events.append(len(events))
                await asyncio.sleep(1 / EVENTS_A_SECOND)

        telling = asyncio.create_task(tell())
        clients = [asyncio.create_task(load.rider(i, token)) for i, token in enumerate(tokens)]
        before = {role: [each.process.pid for each in of] for role, of in running.processes.items()}
        for role, count in restarted.items():
            for number in range(count):
                await running.restart(role, number)
        while load.answered["POST"] <= 20:
            await asyncio.sleep(0.05)
        await asyncio.sleep(1)  # with all of them
        load.ended.set()
        await asyncio.gather(*clients)
        told.set()
        await telling
        for app in apps:
            while len(app.numbers) < len(events):
                await app.received.wait_for_more_events(len(app.received.events))
        for socket in sockets:
            socket.cancel()
        await asyncio.gather(*sockets, return_exceptions=True)
        for role, count in restarted.items():
            after = [each.process.pid for each in running.processes[role]]
            assert set(before[role][:count]).isdisjoint(after)

        assert load.failed == []
        for app in apps:
            assert app.numbers == events  # each once, in order
            assert app.received.payloads("stream:reset") == []
            assert app.connections > (1 if restarted.get("realtime") else 0)
        async with running.fleet.open_store() as store:
            places = [document async for document in store.collection(PLACES).scan()]
            assert sorted(place.name.removesuffix(" renamed") for place in places) == sorted(load.saved)
            while await store.outbox(older_than_s=0, limit=10):
                await asyncio.sleep(0.05)  # an event is published after the response
