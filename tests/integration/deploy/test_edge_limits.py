"""What the edge does about slow, large and many requests, and how it learns who the client is."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.deploy.edge import NGINX, Edge, running_edge
from support.ports import free_port

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (scripts/setup nginx)")

SOON_S = 90.0
DIRECTIVES = (
    "client_header_timeout       20s",
    "client_body_timeout         8s",
    "send_timeout                60s",
)


class Upstream:
    """An API that keeps the heads of its requests, and answers each once it is told to."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.open = asyncio.Event()
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
        await self.open.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
        writer.close()


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    made = Upstream()
    async with await asyncio.start_server(made.answer, "127.0.0.1", made.port):
        yield made
        made.open.set()


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connected(edge: Edge, before: bytes = b"") -> Connection:
    """A connection with TLS; *before* is sent in front of its handshake."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(before)
    await writer.start_tls(edge.certificate.client(), server_hostname="localhost")
    return reader, writer


async def answer_to(connection: Connection) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body; status 0 if the connection ends without one."""
    reader, writer = connection
    async with asyncio.timeout(SOON_S):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return 0, {}, b""
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    writer.close()
    return int(head[0].split()[1]), headers, body


GET = b"GET /api/v1/clock HTTP/1.1\r\nhost: localhost\r\n"
POST = b"POST /api/v1/auth/sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"


@pytest.mark.parametrize("sent", [GET, POST], ids=["half a head", "half a body"])
async def test_slow_clients_lose_their_connection(tmp_path: Path, upstream: Upstream, sent: bytes) -> None:
    """With the limits that are written, but in tenths of seconds."""
    changes = {written: f"{written.split()[0]} 300ms" for written in DIRECTIVES}
    async with running_edge(tmp_path, api=[upstream.url], realtime=[upstream.url], changes=changes) as edge:
        connection = None
        async with asyncio.timeout(SOON_S):
            while connection is None:  # this machine may take longer than that for a handshake
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    connection = await connected(edge)
        connection[1].write(sent)
        assert await answer_to(connection) == (0, {}, b""), "closed without a word"
        assert upstream.heads == [], "the API was kept out of it"


async def test_too_many_connections_of_one_address(tmp_path: Path, upstream: Upstream) -> None:
    changes = {"limit_conn                  connections 256": "limit_conn connections 3"}
    async with running_edge(tmp_path, api=[upstream.url], realtime=[upstream.url], changes=changes) as edge:
        held = [await connected(edge) for _ in range(3)]
        for _, writer in held:
            writer.write(GET + b"\r\n")
        async with asyncio.timeout(SOON_S):
            while len(upstream.heads) < 3:
                await asyncio.sleep(0.02)
        fourth = await connected(edge)
        fourth[1].write(GET + b"\r\n")
        status, headers, body = await answer_to(fourth)
        assert (status, headers["retry-after"]) == (429, "1")
        assert json.loads(body)["code"] == "rate_limited"
        upstream.open.set()
        assert [(await answer_to(each))[0] for each in held] == [200, 200, 200]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (GET + b"cookie: " + b"x" * 9000 + b"\r\n\r\n", 431, "head_too_large"),
        (
            GET + b"".join(b"x-%d: %s\r\n" % (n, b"y" * 4000) for n in range(12)) + b"\r\n",
            431,
            "head_too_large",
        ),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n", 431, "head_too_large"),
        (GET + b"content-length: x\r\n\r\n", 400, "malformed_request"),
        (GET.replace(b"/api", b"/..%2f..%2f/api") + b"\r\n", 400, "malformed_request"),
    ],
    ids=["a header", "all headers", "the path", "no length", "out of the root"],
)
async def test_heads_that_it_does_not_pass_on(
    tmp_path: Path, upstream: Upstream, sent: bytes, status: int, code: str
) -> None:
    async with running_edge(tmp_path, api=[upstream.url], realtime=[upstream.url]) as edge:
        connection = await connected(edge)
        connection[1].write(sent)
        found, headers, body = await answer_to(connection)
        assert (found, headers["content-type"]) == (status, "application/problem+json"), body
        assert json.loads(body)["code"] == code
        assert upstream.heads == []


async def test_an_api_that_is_away_is_503_and_one_that_is_slow_too(
    tmp_path: Path, upstream: Upstream
) -> None:
    changes = {"proxy_read_timeout    30s": "proxy_read_timeout 300ms"}
    nowhere = f"http://127.0.0.1:{free_port()}"
    for name, api in (("slow", upstream.url), ("away", nowhere)):
        (tmp_path / name).mkdir()
        async with running_edge(tmp_path / name, api=[api], realtime=[nowhere], changes=changes) as edge:
            for path in ("/api/v1/clock", "/api/v1/coverage?lat=1&lng=1"):
                async with edge.session.get(path) as reply:
                    assert (reply.status, reply.headers["retry-after"]) == (503, "1"), (name, path)
                    assert reply.headers["content-type"] == "application/problem+json"
                    assert reply.headers["cache-control"] == "no-store"
                    problem = await reply.json(content_type=None)
                    assert (problem["status"], problem["code"]) == (503, "overloaded")


async def test_another_process_answers_for_one_that_is_away(tmp_path: Path, upstream: Upstream) -> None:
    upstream.open.set()
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with running_edge(tmp_path, api=[nowhere, upstream.url], realtime=[nowhere]) as edge:
        for _ in range(4):
            async with edge.session.get("/api/v1/clock") as reply:
                assert reply.status == 200


@pytest.mark.parametrize(
    ("header", "listens", "before", "forged"),
    [
        ("proxy_protocol", " proxy_protocol", b"PROXY TCP4 198.51.100.7 192.0.2.1 50000 443\r\n", b""),
        ("X-Viewer-Address", "", b"", b"x-viewer-address: 198.51.100.7\r\nx-forwarded-for: 6.6.6.6\r\n"),
        ("X-Forwarded-For", "", b"", b"x-forwarded-for: 6.6.6.6, 198.51.100.7, 127.0.0.1\r\n"),
    ],
    ids=["PROXY protocol", "CloudFront", "proxies"],
)
async def test_the_load_balancer_names_the_client(
    tmp_path: Path, upstream: Upstream, header: str, listens: str, before: bytes, forged: bytes
) -> None:
    upstream.open.set()
    names = "set_real_ip_from 127.0.0.1;" + f" real_ip_header {header}; real_ip_recursive on;"
    async with running_edge(
        tmp_path,
        api=[upstream.url],
        realtime=[upstream.url],
        EDGE_LISTEN=f"127.0.0.1:{free_port()}{listens}",
        EDGE_REAL_IP=names,
    ) as edge:
        connection = await connected(edge, before)
        connection[1].write(GET + forged + b"\r\n")
        assert (await answer_to(connection))[0] == 200
        [head] = upstream.heads
        assert "x-forwarded-for: 198.51.100.7\r\n" in head
        assert "6.6.6.6" not in head
