"""TLS 1.3 at our own servers: what speaks it is served as without, what does not is refused."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from support.http.certificates import Certificate, self_signed
from support.http.raw_connections import BIG, RawConnection, RawServer, on_uvloop, raw_server, wait_until
from support.ports import free_port
from supportcarr.kit.http import granian_adapter, protocol, tls
from supportcarr.kit.http.connections import ConnectionTable
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import serve
from supportcarr.kit.http.settings import TlsSettings
from supportcarr.kit.observability.metrics_server import serve_metrics
from supportcarr.kit.runtime.settings import SettingsError

HOST = b" HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("certificate"))


def test_requests_are_served_over_tls_1_3(certificate: Certificate) -> None:
    @on_uvloop
    async def check() -> None:
        async with (
            raw_server(tls=certificate.settings) as server,
            server.connect(certificate.client()) as client,
        ):
            assert client.writer.get_extra_info("ssl_object").version() == "TLSv1.3"
            client.send(b"GET /hot" + HOST)
            assert (await client.reply()).body.startswith(b"fast GET /hot")
            client.send(b"GET /cold" + HOST + b"GET /hot" + HOST)
            assert [body[:9] for body in await client.replies(2)] == [b"asgi GET "] * 2
            assert server.scopes[0]["scheme"] == "https"
            client.send(b"GET /big" + HOST)
            assert len((await client.reply()).body) == BIG

    check()


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2])
def test_older_versions_and_plain_http_are_refused(certificate: Certificate, newest: ssl.TLSVersion) -> None:
    @on_uvloop
    async def check() -> None:
        async with raw_server(tls=certificate.settings) as server:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                async with server.connect(certificate.client(newest=newest)):
                    pass
            async with server.connect() as plain:
                plain.send(b"GET /hot" + HOST)
                assert b"HTTP" not in await plain.reader.read()
            assert server.started_paths == []
            await reaches(server, certificate)

    check()


def test_a_request_in_the_same_bytes_as_the_end_of_the_handshake_is_answered(
    certificate: Certificate,
) -> None:
    """A client may send its first request with its Finished message."""

    @on_uvloop
    async def check() -> None:
        async with raw_server(tls=certificate.settings) as server:
            for _ in range(20):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                secure = certificate.client().wrap_bio(incoming, outgoing, server_hostname="localhost")
                while True:
                    try:
                        secure.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        writer.write(outgoing.read())
                        incoming.write(await reader.read(65536))
                secure.write(b"GET /hot" + HOST)
                writer.write(outgoing.read())  # Finished and the request
                received = b""
                while b"fast GET" not in received:
                    incoming.write(await reader.read(65536))
                    try:
                        received += secure.read(65536)
                    except ssl.SSLWantReadError:
                        continue
                writer.transport.abort()

    check()


def test_connections_that_do_not_shake_hands_have_a_place_and_little_time(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    @on_uvloop
    async def check() -> None:
        table = ConnectionTable(3)
        async with raw_server(tls=certificate.settings, table=table) as server:
            silent = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(5)]
            await wait_until(lambda: table.stats()["closed_for_others_total"] >= 2)
            assert len(table) <= 3
            await reaches(server, certificate)  # makes room for itself
            monkeypatch.setattr(tls, "HANDSHAKE_SECONDS", 0.1)
            late, _ = await asyncio.open_connection("127.0.0.1", server.port)
            assert await late.read() == b""
            for _, writer in silent:
                writer.transport.abort()
            await wait_until(lambda: len(table) == 0)

    check()


def test_an_error_before_the_end_of_a_body_reaches_the_client(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over TLS the server cannot close its half: it reads on, and the client closes."""
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.0)

    @on_uvloop
    async def check() -> None:
        async with (
            raw_server(tls=certificate.settings) as server,
            server.connect(certificate.client()) as client,
        ):
            client.send(b"GET /" + b"x" * 40_000 + HOST)
            reply = await client.reply()
            assert (reply.status, reply.one(b"connection")) == (431, b"close")
            client.send(b"y" * 100_000)
            client.writer.close()
            await wait_until(lambda: not server.connections)

    check()


@asynccontextmanager
async def serving(certificate: Certificate) -> AsyncIterator[tuple[RawServer, RawConnection]]:
    """A server, and a client's connection to it."""
    async with raw_server(tls=certificate.settings) as server, server.connect(certificate.client()) as client:
        yield server, client


async def reaches(server: RawServer, certificate: Certificate) -> None:
    async with server.connect(certificate.client()) as client:
        client.send(b"GET /hot" + HOST)
        assert (await client.reply()).status == 200


def test_the_real_time_server_speaks_tls_1_3_only_and_waits_little_for_a_handshake(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granian_adapter, "HEAD_SECONDS", 1.0)

    @on_uvloop
    async def check() -> None:
        lifecycle, port, app, new = Lifecycle(), free_port(), RawServer(), certificate.client()
        running = asyncio.create_task(
            serve(app, "127.0.0.1", port, 1, lifecycle=lifecycle, websockets=True, tls=certificate.settings)
        )
        try:
            answer = b""
            while not answer:  # it does not listen yet, or this machine took too long for the handshake
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=new)
                    writer.write(b"GET /cold" + HOST)
                    answer = await reader.readline()
                    writer.close()
                except (ConnectionError, ssl.SSLError):
                    await asyncio.sleep(0.02)
            assert answer.startswith(b"HTTP/1.1 200")
            old = certificate.client(newest=ssl.TLSVersion.TLSv1_2)
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection("127.0.0.1", port, ssl=old)
            silent, _ = await asyncio.open_connection("127.0.0.1", port)
            assert await silent.read() == b""
        finally:
            lifecycle.drain()
            await running

    check()


def test_metrics_are_served_over_tls(certificate: Certificate) -> None:
    @on_uvloop
    async def check() -> None:
        server = await serve_metrics(
            lambda accept: lambda: (b"up 1\n", "text/plain"),
            "127.0.0.1",
            0,
            lifecycle=Lifecycle(),
            tls=tls.server_context(certificate.settings),
        )
        port = server.sockets[0].getsockname()[1]
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=certificate.client())
            writer.write(b"GET /metrics" + HOST)
            assert (await reader.read()).endswith(b"up 1\n")
            writer.close()
        finally:
            server.close()

    check()


async def served_certificate(port: int) -> bytes | None:
    """What a server on this machine shows, whoever has signed it."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=anybody)
    shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    return shown.getpeercert(binary_form=True)


def of_file(certificate: Certificate) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.certificate.read_text())


@pytest.fixture
def renewal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Certificate, Certificate]:
    """A certificate that is served, and the one that is to take its place."""
    monkeypatch.setattr(tls, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(tls, "SPREAD_SECONDS", 0.0)
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    return self_signed(tmp_path / "first"), self_signed(tmp_path / "second")


def replace(old: Certificate, new: Certificate) -> None:
    """One file after the other, as somebody does by hand: between them they do not fit."""
    shutil.copy(new.certificate, old.certificate)
    shutil.copy(new.key, old.key)


def test_a_renewed_certificate_is_shown_without_a_restart(renewal: tuple[Certificate, Certificate]) -> None:
    old, new = renewal
    first, second = of_file(old), of_file(new)

    @on_uvloop
    async def check() -> None:
        async with raw_server(tls=old.settings) as server, server.connect(old.client()) as client:
            assert await served_certificate(server.port) == first
            replace(old, new)
            async with asyncio.timeout(30):
                while await served_certificate(server.port) != second:
                    await asyncio.sleep(0.02)
            client.send(b"GET /hot" + HOST)  # a connection of before goes on
            assert (await client.reply()).status == 200

    check()


def test_a_certificate_that_does_not_fit_its_key_changes_nothing(
    renewal: tuple[Certificate, Certificate],
) -> None:
    old, new = renewal
    first = of_file(old)

    @on_uvloop
    async def check() -> None:
        async with raw_server(tls=old.settings) as server:
            with capture_logs() as lines:
                shutil.copy(new.certificate, old.certificate)
                await wait_until(lambda: any(line["event"] == "certificate_refused" for line in lines))
            assert await served_certificate(server.port) == first

    check()


def test_the_real_time_process_ends_when_its_certificate_was_renewed(
    renewal: tuple[Certificate, Certificate],
) -> None:
    """Granian cannot take another one: the process drains, and is started again."""
    old, new = renewal

    @on_uvloop
    async def check() -> None:
        lifecycle, port = Lifecycle(), free_port()
        running = asyncio.create_task(
            serve(RawServer(), "127.0.0.1", port, 1, lifecycle=lifecycle, websockets=True, tls=old.settings)
        )
        while not running.done():
            try:
                await served_certificate(port)
                break
            except (ConnectionError, ssl.SSLError):  # it does not listen yet
                await asyncio.sleep(0.02)
        replace(old, new)
        await asyncio.wait_for(running, 30)
        assert lifecycle.draining

    check()


def test_files_that_do_not_belong_together_are_named(certificate: Certificate, tmp_path: Path) -> None:
    other = self_signed(tmp_path)
    with pytest.raises(SettingsError, match="SUPPORTCARR_TLS_CERTIFICATE and SUPPORTCARR_TLS_KEY"):
        tls.server_context(TlsSettings(certificate=str(certificate.certificate), key=str(other.key)))
