"""The internal port of a process serves metrics, liveness and readiness."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.observability.metrics_server import serve_metrics


@pytest.fixture
async def lifecycle() -> Lifecycle:
    return Lifecycle()


@pytest.fixture
async def url(lifecycle: Lifecycle) -> AsyncIterator[str]:
    server = await serve_metrics(
        lambda accept: lambda: (b"jobs 3\n", "text/plain"), "127.0.0.1", 0, lifecycle=lifecycle
    )
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status, await response.text()


async def test_it_serves_metrics_and_no_other_path(url: str) -> None:
    assert await _get(f"{url}/metrics?x=1") == (200, "jobs 3\n")
    assert (await _get(f"{url}/secrets"))[0] == 404


async def test_it_is_ready_between_its_start_and_its_drain(url: str, lifecycle: Lifecycle) -> None:
    assert (await _get(f"{url}/readyz"))[0] == 503
    assert (await _get(f"{url}/healthz"))[0] == 200
    lifecycle.mark_ready()
    assert (await _get(f"{url}/readyz"))[0] == 200
    lifecycle.drain()
    assert (await _get(f"{url}/readyz"))[0] == 503


async def test_only_get_is_accepted(url: str) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{url}/metrics") as response:
        assert response.status == 404
