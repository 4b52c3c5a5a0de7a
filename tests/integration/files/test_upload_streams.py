"""An upload is never held as a whole, is refused early, and then leaves nothing."""

from __future__ import annotations

import asyncio
import os
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.files.uploads import JPEG, begun, multipart
from support.platform.in_process import Platform
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.objects.port import FileTooLarge
from supportcarr.kit.objects.tokens import UploadPolicy
from supportcarr.kit.runtime.clock import Clock

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 1024 * 1024


def stored_files(platform: Platform) -> set[Path]:
    """Every file in the folder of objects, finished or not."""
    folder = Path(platform.container.settings.deployment.data) / "objects"
    # Not ``rglob``: it fails if a folder goes away meanwhile.
    return {Path(at, name) for at, _, names in os.walk(folder) for name in names}


async def begin(platform: Platform, size: int) -> tuple[bytes, bytes]:
    """The media type and the beginning of the body of an upload, up to its file."""
    rider = await platform.person("rider")
    file = await begun(rider, "bike_photo", JPEG, size=size)
    media_type, body = multipart(file["upload"]["fields"], JPEG)
    return media_type.encode(), body[: body.index(JPEG)]


async def send(platform: Platform, *pieces: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = int(platform.api.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    return reader, writer


def head(media_type: bytes, *lines: bytes) -> bytes:
    first = b"POST /api/v1/uploads HTTP/1.1\r\nhost: x\r\ncontent-type: " + media_type + b"\r\n"
    return first + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


async def test_a_too_large_declared_length_is_refused_unread(platform: Platform) -> None:
    media_type, _ = await begin(platform, 1000)
    reader, writer = await send(platform, head(media_type, b"content-length: 99999999"))
    answer = await asyncio.wait_for(reader.read(), 45)  # the server closes the connection
    assert b" 413 " in answer and b"connection: close" in answer.lower()
    writer.close()


async def test_a_body_that_grows_above_its_limit_is_cut_off(platform: Platform) -> None:
    media_type, start = await begin(platform, 1000)
    before = stored_files(platform)
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    opening = b"%x\r\n%b\r\n" % (len(start), start)
    reader, writer = await send(platform, head(media_type, b"transfer-encoding: chunked"), opening, piece)
    answer = await asyncio.wait_for(reader.read(), 45)
    assert b" 413 " in answer and b"file_too_large" in answer
    assert stored_files(platform) == before
    writer.close()


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(platform: Platform) -> None:
    media_type, start = await begin(platform, MIB)
    before = stored_files(platform)
    _, writer = await send(platform, head(media_type, b"content-length: %d" % MIB), start, b"x" * 300_000)
    async with asyncio.timeout(45):
        while stored_files(platform) == before:
            await asyncio.sleep(0.01)
        writer.close()
        while stored_files(platform) != before:
            await asyncio.sleep(0.01)


async def test_a_whole_upload_needs_little_memory(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path, "http://x", "secret", Clock())
    size = 15 * MIB

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size // 65_536):
            yield bytes(65_536)

    policy = UploadPolicy("files/fil_1/upload", "image/jpeg", size, 0)
    tracemalloc.start()
    try:
        assert await objects.receive(policy, pieces()) == size
        assert tracemalloc.get_traced_memory()[1] < 2 * MIB
    finally:
        tracemalloc.stop()
    with pytest.raises(FileTooLarge):
        await objects.receive(UploadPolicy("files/fil_2/upload", "image/jpeg", size - 1, 0), pieces())
    assert [info.key for info in await objects.list_objects("")] == ["files/fil_1/upload"]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "files/fil_1/upload"]
    assert (tmp_path / "files/fil_1/upload").stat().st_mode & 0o777 == 0o600
