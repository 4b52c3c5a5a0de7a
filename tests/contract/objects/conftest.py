"""The object stores of the contract: on this machine, and in a real server with the API of S3."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from support.files import versitygw
from support.files.uploads import post_form
from support.http.server import serving
from supportcarr.files import local_routes
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.objects.port import ObjectStore
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.providers.s3 import S3Objects
from supportcarr.providers.settings import S3Settings

SECRET = "secret of the tests"
ENGINES = ("local", pytest.param("s3", marks=pytest.mark.xdist_group("versitygw")))


@dataclass
class Target:
    """An object store, and a client of its forms and links."""

    engine: str
    objects: ObjectStore
    session: aiohttp.ClientSession

    async def post(self, url: str, fields: Mapping[str, str], content: bytes) -> tuple[int, bytes]:
        return await post_form(self.session, url, fields, content)

    async def fetch(self, url: str) -> tuple[int, Mapping[str, str], bytes]:
        async with self.session.get(url) as response:
            return response.status, response.headers, await response.read()


@pytest.fixture(scope="session")
def s3_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Settings]:
    with versitygw.running(tmp_path_factory.mktemp("versitygw")) as settings:
        yield settings


@pytest.fixture(params=ENGINES)
async def target(
    request: pytest.FixtureRequest, tmp_path: Path, store: SqliteStore, redis: RedisClient
) -> AsyncIterator[Target]:
    async with aiohttp.ClientSession() as session:
        if request.param == "s3":
            objects = S3Objects(request.getfixturevalue("s3_settings"))
            for info in await objects.list_objects(""):
                await objects.delete(info.key)
            yield Target("s3", objects, session)
            await objects.close()
            return
        folder = tmp_path / "objects"
        served = LocalObjects(folder, "", SECRET, Clock())
        routes = local_routes.routes(served, max_bytes=1_000_000)
        async with serving(routes, store=store, redis=redis) as api:
            # the port is known only now
            yield Target("local", LocalObjects(folder, f"{api.url}/api/v1", SECRET, Clock()), session)
