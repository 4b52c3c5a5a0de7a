"""Every 503 of every process has a Retry-After header."""

from __future__ import annotations

from collections.abc import Iterator

import aiohttp
import pytest

from support.realtime import running_server
from supportcarr.bootstrap.container import Container  # noqa: F401 - with it every part, and its refusals, is there
from supportcarr.contracts.errors import ApiError
from supportcarr.gateway.problems import LimitReached, headers_of
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.observability.metrics_server import serve_metrics
from supportcarr.kit.redis.client import RedisClient


def subclasses(of: type[ApiError]) -> Iterator[type[ApiError]]:
    """The error class and all its subclasses."""
    yield of
    for kind in of.__subclasses__():
        yield from subclasses(kind)


BUSY = sorted(
    {kind for kind in subclasses(ApiError) if kind.status in (429, 503)} - {LimitReached},
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", BUSY, ids=lambda kind: kind.__name__)
def test_every_temporary_error_says_when_to_retry(kind: type[ApiError]) -> None:
    for refusal in (kind(), kind("Not just now"), kind(retry_after=2.1)):
        waits = dict(headers_of(refusal))[b"retry-after"]
        assert int(waits) >= max(1, refusal.retry_after or 0)


def test_a_reached_limit_says_when_to_retry() -> None:
    refusal = LimitReached((b"ratelimit", b'"user";r=0;t=3'), retry_after=2.1)
    assert dict(headers_of(refusal))[b"retry-after"] == b"3"


def test_there_are_several_kinds_of_temporary_errors() -> None:
    assert {kind.__name__ for kind in BUSY} >= {"Overloaded", "RateLimited", "Unavailable"}


async def retry_after(url: str) -> tuple[int, int]:
    """The status, and the Retry-After header in seconds."""
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, int(answer.headers["retry-after"])


async def test_a_process_that_is_not_ready_says_when_to_retry() -> None:
    server = await serve_metrics(
        lambda accept: lambda: (b"", "text/plain"), "127.0.0.1", 0, lifecycle=Lifecycle()
    )
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await retry_after(f"http://127.0.0.1:{port}/readyz") == (503, 1)


async def test_a_real_time_process_that_is_not_ready_says_when_to_retry(redis: RedisClient) -> None:
    async with running_server(redis) as edge:
        edge.app.fan_out.listening.clear()
        assert await retry_after(f"{edge.url}/readyz") == (503, 1)
