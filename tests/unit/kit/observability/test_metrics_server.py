"""What a process answers on its own port: figures, and whether it lives and may work."""

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
    server = await serve_metrics(lambda: b"jobs 3\n", "127.0.0.1", 0, lifecycle=lifecycle)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.text()


async def test_it_tells_figures_and_nothing_else(url: str) -> None:
    assert await _get(f"{url}/metrics?x=1") == (200, "jobs 3\n")
    assert (await _get(f"{url}/secrets"))[0] == 404


async def test_it_is_ready_between_its_start_and_its_drain(url: str, lifecycle: Lifecycle) -> None:
    assert (await _get(f"{url}/readyz"))[0] == 503
    assert (await _get(f"{url}/healthz"))[0] == 200
    lifecycle.mark_ready()
    assert (await _get(f"{url}/readyz"))[0] == 200
    lifecycle.drain()
    assert (await _get(f"{url}/readyz"))[0] == 503


async def test_it_takes_gets_only(url: str) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{url}/metrics") as answer:
        assert answer.status == 404
