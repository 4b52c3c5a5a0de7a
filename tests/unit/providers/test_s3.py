"""S3 that does not answer, or refuses: callers are told in time, and nothing else waits."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from support.ports import free_port
from supportcarr.kit.objects.port import ObjectStoreUnavailable
from supportcarr.providers.s3 import S3Objects
from supportcarr.providers.settings import S3Settings


def settings(**changed: object) -> S3Settings:
    given: dict[str, object] = {
        "bucket": "files",
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": "wJalrXUtnFEMI",
        "region": "ca-central-1",
        "timeout_seconds": 0.3,
    }
    return S3Settings(**(given | changed))  # type: ignore[arg-type]


async def test_a_server_that_refuses_connections_is_unavailable() -> None:
    objects = S3Objects(settings(endpoint=f"http://127.0.0.1:{free_port()}", path_style=True))
    for call in (
        objects.head("files/x/upload"),
        objects.get("files/x/upload", max_bytes=1),
        objects.put("files/x/upload", b"x", "image/jpeg"),
        objects.delete("files/x/upload"),
        objects.list_objects("files/"),
    ):
        with pytest.raises(ObjectStoreUnavailable):
            await call
    await objects.close()


async def test_a_server_that_never_answers_is_unavailable_in_bounded_time() -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read(-1)  # until the client has left
        writer.close()

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    objects = S3Objects(settings(endpoint=f"http://127.0.0.1:{port}", path_style=True))
    async with asyncio.timeout(45):
        with pytest.raises(ObjectStoreUnavailable):
            await objects.head("files/x/upload")
    await objects.close()
    server.close()


@pytest.mark.parametrize("status", [403, 500, 503])
async def test_a_server_that_refuses_is_unavailable(status: int) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # until the client has left
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 %d No\r\ncontent-length: 0\r\n\r\n" % status)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    objects = S3Objects(settings(endpoint=f"http://127.0.0.1:{port}", path_style=True, timeout_seconds=2.0))
    with pytest.raises(ObjectStoreUnavailable):
        await objects.get("files/x/upload", max_bytes=10)
    await objects.close()
    server.close()


def test_forms_and_links_name_the_bucket_s_host_and_end_when_they_should() -> None:
    objects = S3Objects(settings())
    assert objects.origin == "https://files.s3.ca-central-1.amazonaws.com"
    expires = datetime.now(UTC) + timedelta(seconds=300)
    form = objects.upload_form("files/x/upload", "image/jpeg", 100, expires)
    assert urlsplit(form.url).hostname == "files.s3.ca-central-1.amazonaws.com"
    assert form.fields["key"] == "files/x/upload" and form.fields["Content-Type"] == "image/jpeg"
    url = objects.link("files/x/clean", "image/webp", "x.webp", expires)
    assert objects.link("files/x/clean", "image/webp", "x.webp", expires) is url  # not signed again
    link = parse_qs(urlsplit(url).query)
    left = int((expires - datetime.now(UTC)).total_seconds())  # less than when the link was signed
    assert left <= int(link["X-Amz-Expires"][0]) <= 300
    assert link["response-content-disposition"] == ['inline; filename="x.webp"']
    assert "wJalrXUtnFEMI" not in str(form.fields) + str(link)
    by_path = S3Objects(settings(endpoint="https://s3.example", path_style=True))
    assert by_path.origin == "https://s3.example"
