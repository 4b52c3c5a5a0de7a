"""nginx on one machine (``deploy/nginx/supportcarr.conf``), before a real API and a real-time process."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import socketio

from support.deploy.edge import NGINX, ROOT, TEMPLATE, complaint
from support.http.certificates import self_signed
from support.http.server import new_phone
from support.platform.fleet import Fleet
from support.ports import free_port
from supportcarr.supervisor.embedded_redis import EmbeddedRedis
from supportcarr_lab.generators.edge_configuration import VALUES, one_machine

CONFIGURATION = ROOT / "deploy" / "nginx" / "supportcarr.conf"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (scripts/setup nginx)")


class OneMachine:
    """The written configuration, for an ordinary user and with ports of its own."""

    def __init__(self, folder: Path, api: str, realtime: str) -> None:
        self.folder, self.secure, self.plain = folder, free_port(), free_port()
        self.certificate = self_signed(folder)
        text = CONFIGURATION.read_text()
        for written, here in (
            ("listen      443 ", f"listen 127.0.0.1:{self.secure} "),
            ("listen      [::]:443 ", f"listen [::1]:{self.secure} "),
            ("listen      80", f"listen 127.0.0.1:{self.plain}"),
            ("listen      [::]:80", f"listen [::1]:{self.plain}"),
            ("127.0.0.1:8081", f"127.0.0.1:{free_port()}"),
            ("supportcarr.example", "localhost"),
            (VALUES["EDGE_CERTIFICATE"], str(self.certificate.certificate)),
            (VALUES["EDGE_KEY"], str(self.certificate.key)),
            (VALUES["EDGE_RUN"], str(folder)),
            (VALUES["EDGE_LOG"], str(folder / "access.log")),
            (VALUES["EDGE_ERROR_LOG"], str(folder / "error.log")),
            ("127.0.0.1:8000", api),
            ("127.0.0.1:8001", realtime),
        ):
            assert written in text, written
            text = text.replace(written, here)
        self.path = folder / "nginx.conf"
        self.path.write_text(text)

    async def start(self) -> asyncio.subprocess.Process:
        assert NGINX is not None
        globals_ = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        process = await asyncio.create_subprocess_exec(NGINX, "-c", str(self.path), "-g", globals_)
        async with asyncio.timeout(90):
            while True:
                assert process.returncode is None, (self.folder / "error.log").read_text()
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.secure)
                except OSError:
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                return process


@pytest.fixture
async def fleet(tmp_path: Path, own_redis_server: EmbeddedRedis) -> AsyncIterator[Fleet]:
    async with Fleet(tmp_path, own_redis_server) as made:
        yield made


def test_it_is_the_template_of_the_edge() -> None:
    assert CONFIGURATION.read_text() == one_machine(TEMPLATE.read_text())


def test_it_is_valid(tmp_path: Path) -> None:
    assert complaint(OneMachine(tmp_path, "127.0.0.1:1", "127.0.0.1:2").path) == ""


async def test_before_a_running_platform(tmp_path: Path, fleet: Fleet) -> None:
    api, realtime = await asyncio.gather(fleet.start("api"), fleet.start("realtime"))
    (tmp_path / "nginx").mkdir()
    nginx = OneMachine(tmp_path / "nginx", api.url.partition("//")[2], realtime.url.partition("//")[2])
    process = await nginx.start()
    base = f"https://localhost:{nginx.secure}"
    connector = aiohttp.TCPConnector(ssl=nginx.certificate.client())
    try:
        token = await fleet.sign_up(api, new_phone())
        async with aiohttp.ClientSession(base, connector=connector) as session:
            async with session.get(
                "/api/v1/clock?token=SECRET", headers={"x-forwarded-for": "6.6.6.6"}
            ) as reply:
                assert (reply.status, reply.headers["cache-control"]) == (422, "no-store")
            async with session.get("/api/v1/clock") as reply:
                assert reply.status == 200
            async with session.get("/driver/", headers={"accept": "text/html"}) as page:
                assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
            for path in ("/metrics", "/healthz", "/readyz"):
                async with session.get(path) as hidden:
                    assert hidden.status == 404, path
            client = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=session)
            await client.connect(base, auth={"token": token}, transports=["websocket"], wait_timeout=60)
            assert await fleet.metric(realtime, "realtime_connected_clients") == 1
            await client.disconnect()
        old = nginx.certificate.client(newest=ssl.TLSVersion.TLSv1_2)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", nginx.secure, ssl=old, server_hostname="localhost")
    finally:
        process.terminate()
        await process.wait()
    log = (tmp_path / "nginx" / "access.log").read_text()
    assert "SECRET" not in log
    assert "6.6.6.6" not in api.log.read_text()
