"""The edge's nginx (deploy/nginx/edge.conf.template) before a real API process and two real-time ones."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import socketio
from aiohttp import web
from aiohttp.test_utils import TestServer

from support.deploy.edge import (
    ASSET,
    NGINX,
    TEMPLATE,
    Edge,
    handshake,
    running_edge,
)
from support.http.certificates import self_signed
from support.http.server import new_phone
from support.platform.fleet import Fleet, FleetProcess
from support.ports import free_port
from supportcarr.bootstrap.commands import container_without_servers
from supportcarr.bootstrap.web_apps import APPS
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (scripts/setup nginx)")

PAGE = {"accept": "text/html,application/xhtml+xml"}
NAME = web.AppKey("name", str)
PLACE = "/api/v1/coverage?lat=45.5231&lng=-73.5817"


class City:
    """An API process and two real-time processes behind the edge."""

    def __init__(self, fleet: Fleet, api: FleetProcess, realtime: list[FleetProcess], edge: Edge) -> None:
        self.fleet, self.api, self.realtime, self.edge = fleet, api, realtime, edge


@pytest.fixture
async def city(tmp_path: Path, own_redis_server: EmbeddedRedis) -> AsyncIterator[City]:
    async with Fleet(tmp_path, own_redis_server) as fleet:
        api, *realtime = await asyncio.gather(
            fleet.start("api"), fleet.start("realtime"), fleet.start("realtime")
        )
        (tmp_path / "edge").mkdir()
        async with running_edge(
            tmp_path / "edge", api=[api.url], realtime=[each.url for each in realtime]
        ) as edge:
            yield City(fleet, api, realtime, edge)


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Edge]:
    """An edge whose API and real-time processes are down."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with running_edge(tmp_path, api=[nowhere], realtime=[nowhere]) as edge:
        yield edge


async def test_it_speaks_tls_1_3_only_and_http_2(alone: Edge) -> None:
    agreed = await handshake(alone, newest=ssl.TLSVersion.TLSv1_3, protocols=("h2", "http/1.1"))
    assert agreed == ("TLSv1.3", "h2")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await handshake(alone, newest=ssl.TLSVersion.TLSv1_2)
    async with (
        aiohttp.ClientSession() as plain,
        plain.get(f"http://localhost:{alone.plain_port}/driver?x=1", allow_redirects=False) as moved,
    ):
        assert (moved.status, moved.headers["location"]) == (308, "https://localhost/driver?x=1")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_a_whole_request_by_http_2(alone: Edge) -> None:
    curl = await asyncio.create_subprocess_exec(
        *("curl", "--silent", "--http2", "--cacert", str(alone.certificate.certificate)),
        *("--output", "/dev/null", "--write-out", "%{http_version} %{response_code}", f"{alone.url}/driver"),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await curl.communicate()
    if said.startswith(b"1.1"):
        pytest.skip("this curl speaks no HTTP/2")
    assert said == b"2 200"


async def sockets_reach_both_realtime_processes(city: City) -> None:
    token = await city.fleet.sign_up(city.api, new_phone())
    clients: list[socketio.AsyncClient] = []

    async def connect(session: aiohttp.ClientSession) -> None:
        client = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=session)
        await client.connect(city.edge.url, auth={"token": token}, transports=["websocket"], wait_timeout=60)
        clients.append(client)

    connector = aiohttp.TCPConnector(ssl=city.edge.certificate.client())
    async with aiohttp.ClientSession(connector=connector) as session:
        for _ in range(4):
            await connect(session)
        connected = [
            await city.fleet.metric(process, "realtime_connected_clients") for process in city.realtime
        ]
        assert connected == [2, 2]
        # One of them goes: its clients connect to the other one.
        city.realtime[0].process.terminate()
        await city.realtime[0].process.wait()
        await connect(session)
        await connect(session)
        assert await city.fleet.metric(city.realtime[1], "realtime_connected_clients") == 4
        for client in clients:
            await client.disconnect()
    assert token not in city.edge.access_log()


async def test_the_workers_of_nginx_count_sockets_together(tmp_path: Path) -> None:
    """Each by itself would give one process more than its share."""
    counts: Counter[str] = Counter()

    async def keep(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        counts[request.app[NAME]] += 1
        async for _ in socket:
            pass
        return socket

    async with AsyncExitStack() as running:
        servers = []
        for name in ("one", "other"):
            app = web.Application()
            app[NAME] = name
            app.router.add_get("/socket.io/", keep)
            server = await running.enter_async_context(TestServer(app))
            servers.append(str(server.make_url("/")))
        edge = await running.enter_async_context(
            running_edge(
                tmp_path,
                api=servers,
                realtime=servers,
                changes={"worker_processes        auto": "worker_processes 4"},
            )
        )
        for each in range(2, 32, 2):
            for _ in range(4):
                await running.enter_async_context(edge.session.ws_connect("/socket.io/"))
            async with asyncio.timeout(60):
                while counts.total() < 2 * each:
                    await asyncio.sleep(0.002)
            assert counts == {"one": each, "other": each}


async def it_names_the_client_and_the_request_itself(city: City) -> None:
    forged = {"x-forwarded-for": "6.6.6.6", "x-request-id": "chosen-by-the-client-1"}
    async with city.edge.session.get("/api/v1/clock?token=SECRET", headers=forged) as reply:
        assert reply.status == 422, "the clock takes no parameters"
        request_id = reply.headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", request_id)
        assert reply.headers["cache-control"] == "no-store"
    async with asyncio.timeout(90):  # nginx writes the line after the response
        while request_id not in (log := city.edge.access_log()):
            await asyncio.sleep(0.02)
    assert "SECRET" not in log
    assert "6.6.6.6" not in city.api.log.read_text()


async def public_answers_are_kept_for_a_minute_and_no_others(city: City) -> None:
    session, token = city.edge.session, await city.fleet.sign_up(city.api, new_phone())
    seen = []
    for bearer in ("", token):
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        async with session.get(PLACE, headers=headers) as reply:
            assert reply.status == 200, await reply.text()
            assert reply.headers["cache-control"] == "public, max-age=0, s-maxage=60"
            assert "ratelimit" not in reply.headers
            seen.append((reply.headers["x-edge-cache"], await reply.text()))
    assert [kept for kept, _ in seen] == ["MISS", "HIT"]
    assert seen[0][1] == seen[1][1]
    for path in ("/api/v1/me", "/api/v1/me/notifications"):
        for bearer, status in ((token, 200), ("", 401)):  # the second does not get what the first got
            headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
            async with session.get(path, headers=headers) as reply:
                assert (reply.status, reply.headers["cache-control"]) == (status, "no-store"), path
    etag = None
    for expected in (200, 304):  # the edge passes on what a client has already
        headers = {"authorization": f"Bearer {token}"} | ({"if-none-match": etag} if etag else {})
        async with session.get("/api/v1/me", headers=headers) as reply:
            assert reply.status == expected
            etag = reply.headers["etag"]


async def test_before_a_running_platform(city: City) -> None:
    """One test, because starting the processes takes longer than all the rest."""
    await it_names_the_client_and_the_request_itself(city)
    await public_answers_are_kept_for_a_minute_and_no_others(city)
    await sockets_reach_both_realtime_processes(city)  # ends one of them


async def shown(edge: Edge) -> bytes | None:
    """The certificate that a new connection gets, whoever has signed it."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("localhost", edge.port, ssl=anybody)
    secured: ssl.SSLObject = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    return secured.getpeercert(binary_form=True)


async def test_a_renewed_certificate_is_shown_without_a_restart(alone: Edge, tmp_path: Path) -> None:
    """By the script of the image: certificates end, and pods may live for longer."""
    (tmp_path / "new").mkdir()
    old, new = alone.certificate, self_signed(tmp_path / "new")
    before, after = (ssl.PEM_cert_to_DER_cert(each.certificate.read_text()) for each in (old, new))
    script = await asyncio.create_subprocess_exec(
        TEMPLATE.parents[1] / "docker" / "renew-certificates.sh",
        env={
            "PATH": f"{os.environ['PATH']}:{Path(str(NGINX)).parent}",
            "EDGE_CERTIFICATE": str(old.certificate),
            "EDGE_KEY": str(old.key),
            "EDGE_UPSTREAM_CA": str(old.certificate),
            "EDGE_RUN": str(alone.folder),
            "EDGE_CONFIGURATION": str(alone.folder / "edge.conf"),
            "EDGE_RENEWAL_SECONDS": "0.1",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert script.stdout is not None
    assert script.stderr is not None
    try:
        async with asyncio.timeout(30):
            while script.returncode is None:  # it goes on in the background, with our pipes
                await asyncio.sleep(0.02)
        shutil.copy(new.certificate, old.certificate)  # which does not fit its key yet
        refused = await asyncio.wait_for(script.stderr.readline(), 60)
        assert b"key values mismatch" in refused
        assert await shown(alone) == before
        shutil.copy(new.key, old.key)
        assert b"edge_certificate_renewed" in await asyncio.wait_for(script.stdout.readline(), 60)
        async with asyncio.timeout(30):
            while await shown(alone) != after:  # a worker of before may have accepted it
                await asyncio.sleep(0.05)
    finally:
        os.killpg(script.pid, signal.SIGKILL)


async def test_apps_come_from_the_edge_assets_for_a_year_and_pages_anew(alone: Edge) -> None:
    session = alone.session
    for at, app in APPS.items():
        base = at.rstrip("/")
        for path in (at, f"{base}/", f"{base}/some/page?tab=2"):
            async with session.get(path, headers=PAGE) as page:
                assert (page.status, page.headers["cache-control"]) == (200, "no-cache"), path
                assert f"<title>{app}</title>" in await page.text(), path
                assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
                assert page.headers["strict-transport-security"].startswith("max-age=31536000")
        async with session.get(f"{base}/assets/main-1a2b.js") as asset:
            assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert (asset.headers["content-encoding"], await asset.text()) == ("gzip", ASSET)
            assert asset.headers["x-content-type-options"] == "nosniff"
        async with session.get(f"{base}/assets/gone.js", headers=PAGE) as gone:
            assert (gone.status, gone.headers["cache-control"]) == (404, "no-store")
    async with session.get("/manifest.webmanifest") as manifest:
        assert manifest.headers["content-type"] == "application/manifest+json"
    async with session.get("/sw.js") as worker:
        assert (worker.status, worker.headers["cache-control"]) == (200, "no-cache")
    for path in ("/.env", "/some/page", "/healthz", "/readyz", "/metrics", "/..%2f..%2fetc%2fpasswd"):
        async with session.get(path, headers={"accept": "*/*"}) as refused:
            assert refused.status in (400, 404), path


async def test_what_it_refuses_itself_are_problem_documents(alone: Edge) -> None:
    async def problem(status: int, path: str, *, size: int = 0, before_the_body: bool = False) -> str:
        method, body = ("POST", b" " * size) if size else ("GET", None)
        # A client that sends a body which nobody reads may lose the response to a closed connection, so
        # it asks first (RFC 9110, 10.1.1) where the response comes before the body.
        async with alone.session.request(method, path, data=body, expect100=before_the_body) as reply:
            assert reply.status == status
            assert reply.headers["content-type"] == "application/problem+json"
            said = await reply.json(content_type=None)
            assert (said["status"], said["request_id"]) == (status, reply.headers["x-request-id"])
            assert reply.headers.get("retry-after") == ("1" if status == 503 else None)
            return str(said["code"])

    assert await problem(503, "/api/v1/clock") == "overloaded"
    assert await problem(404, "/nothing.zip") == "not_found"
    for path, most in (("/api/v1/auth/sign-in", 256 * 1024), ("/api/v1/uploads", 16 * 1024 * 1024)):
        assert await problem(413, path, size=most + 1, before_the_body=True) == "body_too_large"
    assert await problem(503, "/api/v1/uploads", size=257 * 1024) == "overloaded"  # its limit is larger


async def test_other_hosts_get_nothing(alone: Edge) -> None:
    async with alone.session.get("/driver", headers={"host": "other.example"}) as reply:
        assert reply.status == 404
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{alone.plain_port}/", allow_redirects=False) as reply:
            assert reply.status == 404
        async with session.get(f"http://127.0.0.1:{alone.health_port}/healthz") as reply:
            assert (reply.status, await reply.text()) == (200, "alive\n")


async def test_it_verifies_who_answers_for_the_api(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    certificate = self_signed(tmp_path / "api")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate.certificate, certificate.key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
        writer.close()

    port = free_port()
    async with await asyncio.start_server(answer, "127.0.0.1", port, ssl=server):
        other = self_signed(tmp_path)
        for name, trusted, status in (("right", certificate, 200), ("wrong", other, 503)):
            folder = tmp_path / name
            folder.mkdir()
            async with (
                running_edge(
                    folder,
                    api=[f"https://127.0.0.1:{port}"],
                    realtime=["http://127.0.0.1:9"],
                    EDGE_UPSTREAM_SCHEME="https",
                    EDGE_UPSTREAM_CA=str(trusted.certificate),
                ) as edge,
                edge.session.get("/api/v1/clock") as reply,
            ):
                assert reply.status == status, name


async def test_it_caches_the_routes_that_the_api_declares_as_shared() -> None:
    container = container_without_servers()
    declared = {f"/api/v1{route.path}" for route in container.routes() if route.shared_seconds}
    patterns = list(_locations_with("proxy_cache "))
    assert patterns
    for path in declared:
        assert any(re.search(pattern, path) for pattern in patterns), path
    for route in container.routes():
        if not route.shared_seconds:
            assert not any(re.search(pattern, f"/api/v1{route.path}") for pattern in patterns), route.path


def _locations_with(directive: str) -> Iterator[str]:
    for pattern, body in re.findall(r"location ~ (\S+) \{(.*?)\n        \}", TEMPLATE.read_text(), re.DOTALL):
        if re.search(rf"^\s+{directive}", body, re.MULTILINE):
            yield pattern
