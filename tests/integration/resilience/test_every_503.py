"""Every 503 of every process says when to come again, whoever answers it."""

from __future__ import annotations

from collections.abc import Iterator

import aiohttp
import pytest

from support.realtime import running_server
from supportcarr.bootstrap.container import SPECS  # noqa: F401 - with it every part, and its refusals, is there
from supportcarr.contracts.errors import ApiError
from supportcarr.gateway.problems import headers_of
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.observability.metrics_server import serve_metrics
from supportcarr.kit.redis.client import RedisClient


def kinds(of: type[ApiError]) -> Iterator[type[ApiError]]:
    """That kind of refusal, and all that are made of it."""
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


BUSY = sorted({kind for kind in kinds(ApiError) if kind.status in (429, 503)}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", BUSY, ids=lambda kind: kind.__name__)
def test_a_refusal_for_now_says_when_to_come_again(kind: type[ApiError]) -> None:
    for refusal in (kind(), kind("Not just now"), kind(retry_after=2.1)):
        waits = dict(headers_of(refusal))[b"retry-after"]
        assert int(waits) >= max(1, refusal.retry_after or 0)


def test_there_is_more_than_one_kind_of_refusal_for_now() -> None:
    assert {kind.__name__ for kind in BUSY} >= {"Overloaded", "RateLimited", "Unavailable"}


async def waits(url: str) -> tuple[int, int]:
    """The status, and the seconds of Retry-After."""
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, int(answer.headers["retry-after"])


async def test_a_process_that_may_not_work_yet_says_when_to_ask_again() -> None:
    server = await serve_metrics(lambda: b"", "127.0.0.1", 0, lifecycle=Lifecycle())
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await waits(f"http://127.0.0.1:{port}/readyz") == (503, 1)


async def test_a_real_time_process_that_does_not_hear_yet_says_when_to_ask_again(redis: RedisClient) -> None:
    async with running_server(redis) as edge:
        edge.app.fan_out.listening.clear()
        assert await waits(f"{edge.url}/readyz") == (503, 1)
