"""An overloaded API process bounds requests in number and time, and rejects the others at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from support.faults import wait_until
from support.http.server import AUTH, PASSWORD, Api, Reply, serving
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import Handler, NoQuery, RequestContext, Response, Route
from supportcarr.gateway import body_reader
from supportcarr.gateway.concurrency import ConcurrencyLimiter
from supportcarr.gateway.settings import HttpSettings, LimitSettings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore

ROOM = 8
SLOW_HASHES = msgspec.structs.replace(AUTH, bcrypt_cost=8)  # 15 ms each
GENEROUS = LimitSettings(user_per_minute=100_000, address_per_minute=100_000, sensitive_per_minute=100_000)


class SlowPart:
    """A part whose dependency does not respond until the test allows it."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.waiting = self.finished = 0

    async def wait(self, _: RequestContext[None, NoQuery]) -> Response:
        self.waiting += 1
        try:
            await self.answers.wait()
            self.finished += 1
        finally:
            self.waiting -= 1
        return Response({"done": True})

    async def at_once(self, _: RequestContext[None, NoQuery]) -> Response:
        return Response({"done": True})

    @property
    def routes(self) -> list[Route]:
        return [
            _route("/slow", self.wait),
            _route("/slower", self.wait),
            _route("/slowest", self.wait),
            _route("/quick", self.at_once),
        ]


def _route(path: str, handle: Handler) -> Route:
    return Route(
        method="GET", path=path, handler=handle, policy=ANYONE, summary="", tag="test", response=dict
    )


@asynccontextmanager
async def running(
    store: SqliteStore, redis: RedisClient, *, seconds: float = 60
) -> AsyncIterator[tuple[Api, SlowPart]]:
    slow = SlowPart()
    http = HttpSettings(requests_at_once=ROOM, request_seconds=seconds)
    async with serving(slow.routes, store=store, redis=redis, http=http, limits=GENEROUS) as api:
        try:
            yield api, slow
        finally:
            slow.answers.set()


def _concurrency_of(api: Api) -> ConcurrencyLimiter:
    pipeline: Any = api.gateway.answer.__self__  # type: ignore[attr-defined]  # a bound method
    found: ConcurrencyLimiter = pipeline._concurrency
    return found


def is_overloaded(reply: Reply) -> bool:
    return (reply.status, reply.code, reply.headers.get("retry-after")) == (503, "overloaded", "1")


async def test_a_slow_route_leaves_half_of_the_slots_free(store: SqliteStore, redis: RedisClient) -> None:
    async with running(store, redis) as (api, slow):
        client = api.anonymous()
        waiting = [asyncio.create_task(client.get("/slow")) for _ in range(ROOM // 2)]
        await wait_until(lambda: slow.waiting == ROOM // 2)
        refused = await asyncio.gather(*(client.get("/slow") for _ in range(30)))
        assert all(map(is_overloaded, refused))
        assert (await client.get("/quick")).status == 200
        slow.answers.set()
        assert [reply.status for reply in await asyncio.gather(*waiting)] == [200] * len(waiting)
        assert (await client.get("/slow")).status == 200


async def test_a_full_process_rejects_at_once_and_stays_alive_and_ready(
    store: SqliteStore, redis: RedisClient
) -> None:
    async with running(store, redis) as (api, slow):
        client = api.anonymous()
        waiting = [
            asyncio.create_task(client.get(path)) for path in ("/slow", "/slower") for _ in range(ROOM // 2)
        ]
        await wait_until(lambda: slow.waiting == ROOM)
        assert is_overloaded(await client.get("/quick"))
        assert is_overloaded(await client.get("/slowest"))
        for page in ("//healthz", "//readyz", "//config.json"):
            assert (await client.get(page)).status == 200
        metrics = api.metrics.render().decode()
        assert f"http_requests_in_flight {ROOM}.0" in metrics
        assert "http_requests_rejected_total 2.0" in metrics
        slow.answers.set()
        await asyncio.gather(*waiting)
        assert (await client.get("/quick")).status == 200
        assert "http_requests_in_flight 0.0" in api.metrics.render().decode()


async def test_a_request_that_times_out_frees_its_slot(store: SqliteStore, redis: RedisClient) -> None:
    async with running(store, redis, seconds=0.3) as (api, slow):
        client = api.anonymous()
        replies = await asyncio.gather(*(client.get(path) for path in ("/slow", "/slower")))
        assert all(map(is_overloaded, replies))
        assert (slow.waiting, slow.finished) == (0, 0)
        _concurrency_of(api)._seconds = 60.0  # enough for the next, on a busy machine too
        assert (await client.get("/quick")).status == 200
        metrics = api.metrics.render().decode()
        assert "http_requests_timed_out_total 2.0" in metrics
        assert "http_requests_in_flight 0.0" in metrics


@pytest.mark.parametrize("first", ["the body's time", "the request's time"])
@pytest.mark.parametrize("sent", [b"", b'{"phone":'])
async def test_a_missing_body_is_a_client_error(
    store: SqliteStore, redis: RedisClient, monkeypatch: pytest.MonkeyPatch, sent: bytes, first: str
) -> None:
    """Whichever is over first, or noticed first by a process that was busy with something else."""
    monkeypatch.setattr(body_reader, "REST_SECONDS", 0.2 if first == "the body's time" else 60.0)
    async with running(store, redis, seconds=0.6) as (api, _):
        host, port = api.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = b"POST /api/v1/auth/sign-in HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n"
        writer.write(head + sent)
        async with asyncio.timeout(120):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_500_concurrent_sign_ins_are_bounded_and_delay_no_other_route(
    store: SqliteStore, redis: RedisClient
) -> None:
    # Deadlines are not the promise here: on a busy machine the 64 that may wait take longer.
    patient = HttpSettings(request_seconds=300)
    async with serving(
        store=store, redis=redis, auth=SLOW_HASHES, limits=GENEROUS, http=patient, hash_deadline_s=280
    ) as api:
        person = await api.person("rider", phone="+15145550142")
        burst = [
            asyncio.create_task(
                # each as somebody unknown, which takes as long: one account has a limit of its own
                api.anonymous().post("/auth/sign-in", {"phone": f"+1514555{n}", "password": PASSWORD})
            )
            for n in range(1000, 1500)
        ]
        await asyncio.sleep(0)
        while not all(task.done() for task in burst):
            assert (await person.get("/me")).status == 200
        replies = [await task for task in burst]
        refused = [reply for reply in replies if reply.status != 401]
        assert {reply.status for reply in replies} == {401, 503}
        assert all(reply.headers["retry-after"] for reply in refused)
        assert len(replies) - len(refused) >= 64  # all that may wait are served
        again = await api.anonymous().post("/auth/sign-in", {"phone": "+15145550142", "password": PASSWORD})
        assert again.status == 200
