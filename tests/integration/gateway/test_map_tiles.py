"""The tiles of the imported region, served in parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.http.server import serving
from supportcarr.gateway.map_tiles import PART_BYTES_MAX
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore

TILES = bytes(range(256)) * 100
PATH = "//map/streets.pmtiles?v=1"


@pytest.fixture
def tiles(tmp_path: Path) -> Callable[[], tuple[Path, str] | None]:
    path = tmp_path / "streets.pmtiles"
    path.write_bytes(TILES)
    return lambda: (path, "1-2")


@pytest.mark.parametrize(
    ("asked", "part", "content_range"),
    [
        ("bytes=0-126", TILES[:127], "bytes 0-126/25600"),
        ("bytes=25590-99999", TILES[25590:], "bytes 25590-25599/25600"),
        ("bytes=25590-", TILES[25590:], "bytes 25590-25599/25600"),
        ("bytes=-10", TILES[-10:], "bytes 25590-25599/25600"),
    ],
)
async def test_a_part_of_the_tiles(
    store: SqliteStore,
    redis: RedisClient,
    tiles: Callable[[], tuple[Path, str] | None],
    asked: str,
    part: bytes,
    content_range: str,
) -> None:
    async with serving(store=store, redis=redis, map_tiles=tiles) as api:
        reply = await api.anonymous().get(PATH, headers={"range": asked})
    assert (reply.status, reply.body) == (206, part)
    assert reply.headers["content-range"] == content_range
    assert reply.headers["cache-control"] == "public, max-age=2592000, immutable"
    assert reply.headers["etag"] == '"1-2"'
    assert "set-cookie" not in reply.headers


async def test_a_part_that_cannot_be_sent_is_refused(
    store: SqliteStore, redis: RedisClient, tiles: Callable[[], tuple[Path, str] | None], tmp_path: Path
) -> None:
    (tmp_path / "streets.pmtiles").write_bytes(bytes(PART_BYTES_MAX + 2))
    async with serving(store=store, redis=redis, map_tiles=tiles) as api:
        anybody = api.anonymous()
        for asked in ("bytes=9999999-", "bytes=5-4", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=0-"):
            reply = await anybody.get(PATH, headers={"range": asked})
            assert (reply.status, reply.code) == (416, "range_not_satisfiable"), asked
        assert (await anybody.get(PATH)).status == 416


async def test_without_an_imported_region_there_are_no_tiles(store: SqliteStore, redis: RedisClient) -> None:
    async with serving(store=store, redis=redis) as api:
        assert (await api.anonymous().get(PATH, headers={"range": "bytes=0-1"})).status == 404
