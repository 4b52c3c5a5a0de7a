"""Serving processes: several on one port, many connections, a graceful shutdown on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from support.ports import free_port
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.lifespan import LifespanFailed
from supportcarr.kit.http.server import serve
from supportcarr.kit.http.types import Receive, Scope, Send

TESTS = Path(__file__).parents[3]


class ServerProcess:
    def __init__(self, process: asyncio.subprocess.Process, port: int, metrics_port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.metrics_port = metrics_port

    async def says(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            return (await self.process.stdout.readline()).decode().strip()

    async def end(self) -> int:
        async with asyncio.timeout(60):
            return await self.process.wait()


@asynccontextmanager
async def server(port: int | None = None, drain_seconds: float = 50) -> AsyncIterator[ServerProcess]:
    port, metrics_port = port or free_port(), free_port()
    arguments = ("-m", "support.http.server_process", str(port), str(metrics_port), str(drain_seconds))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent / 'src'}"},
    )
    try:
        running = ServerProcess(process, port, metrics_port)
        assert await running.says() == "startup"
        await listens(port)
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def listens(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return


async def get(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_requests_in_flight_finish_before_the_process_shuts_down(number: signal.Signals) -> None:
    async with server() as running:
        slow = asyncio.create_task(get(f"{running.url}/slow/0.5"))
        assert await running.says() == "slow began"
        running.process.send_signal(number)
        assert await running.says() == "slow ended"
        assert await slow == str(running.process.pid)
        assert [await running.says(), await running.says()] == ["shutdown", "over"]
        assert await running.end() == 3


async def test_new_connections_are_refused_while_it_drains() -> None:
    async with server(drain_seconds=60) as running:
        held = asyncio.create_task(get(f"{running.url}/held"))
        assert await running.says() == "held"
        running.process.terminate()
        with pytest.raises(aiohttp.ClientConnectorError):
            while True:
                try:
                    await get(f"{running.url}/pid")
                except aiohttp.ClientConnectorError:
                    raise
                except aiohttp.ClientError:
                    pass  # this one was in line when the port was closed
        assert not held.done()
        running.process.send_signal(signal.SIGUSR1)
        assert await held == str(running.process.pid)


async def test_a_request_that_outlasts_the_drain_is_cancelled() -> None:
    async with server(drain_seconds=0.2) as running:
        slow = asyncio.create_task(get(f"{running.url}/slow/60"))
        assert await running.says() == "slow began"
        running.process.terminate()
        assert [await running.says(), await running.says()] == ["shutdown", "over"]
        assert await running.end() == 3
        with contextlib.suppress(aiohttp.ClientError):  # or it gets an error response
            assert await slow != str(running.process.pid)


async def test_open_websockets_do_not_delay_the_shutdown() -> None:
    async with server() as running, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{running.url}/ws")
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"
        running.process.terminate()
        assert await running.end() == 3
        await socket.close()


async def test_two_processes_share_a_port_and_one_takes_over() -> None:
    async with server() as one, server(one.port) as other:
        seen: set[str] = set()
        async with asyncio.timeout(60):
            while len(seen) < 2:  # the port may be the first one's alone for a moment yet
                seen |= {await get(f"{one.url}/pid") for _ in range(40)}  # a new connection for each
        assert seen == {str(one.process.pid), str(other.process.pid)}
        one.process.terminate()
        await one.end()
        assert {await get(f"{one.url}/pid") for _ in range(10)} == {str(other.process.pid)}


async def test_idle_connections_do_not_block_new_ones() -> None:
    async with server() as running:
        idle = []
        for _ in range(200):
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            writer.write(b"GET /pid HTTP/1.1\r\nhost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            idle.append(writer)
        async with asyncio.timeout(60):
            assert await get(f"{running.url}/pid") == str(running.process.pid)
        for writer in idle:
            writer.close()


async def test_metrics_have_a_port_of_their_own() -> None:
    async with server() as running, aiohttp.ClientSession() as session:
        metrics = f"http://127.0.0.1:{running.metrics_port}"
        async with session.get(f"{metrics}/metrics") as response:
            assert response.status == 200
            assert response.headers["content-type"].startswith("text/plain")
            assert "process_resident_memory_bytes" in await response.text()
        async with session.get(f"{metrics}/secrets") as response:
            assert response.status == 404
        _, writer = await asyncio.open_connection("127.0.0.1", running.metrics_port)
        writer.write(b"x" * 100_000)  # not a request
        writer.close()
        async with session.get(f"{metrics}/metrics") as response:
            assert response.status == 200


async def test_an_application_that_does_not_start_is_not_served() -> None:
    async def failing_app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no store"})

    with pytest.raises(LifespanFailed, match="no store"):
        await serve(failing_app, "127.0.0.1", free_port(), 1, lifecycle=Lifecycle())


async def test_an_application_without_lifespan_is_served() -> None:
    async def plain(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise TypeError(scope["type"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    lifecycle, port = Lifecycle(), free_port()
    running = asyncio.create_task(serve(plain, "127.0.0.1", port, 1, lifecycle=lifecycle))
    await listens(port)
    assert await get(f"http://127.0.0.1:{port}/") == "ok"
    lifecycle.drain()
    await running


async def test_a_process_becomes_ready_once_and_is_not_ready_while_draining() -> None:
    lifecycle = Lifecycle()
    assert not lifecycle.ready
    lifecycle.mark_ready()
    assert lifecycle.ready
    lifecycle.drain()
    lifecycle.drain()
    lifecycle.mark_ready()
    assert (lifecycle.ready, lifecycle.draining) == (False, True)
    await lifecycle.until_drained()
