"""A simulated day, and then a search for every personal value in all that it has left behind.

The city runs as ``supportcarr demo`` runs it, at 60 times real time: hours of it, not the whole day, because
drivers have seconds to answer.  Then the store's raw files (or documents), Redis, the metrics, the logs and
every other file of the data folder are searched in many encodings.

Exceptions: live positions in Redis; what stands for others' systems (the emulators of Stripe and Twilio) and
for other people's phones (the simulator's own files); the local profile's own operators.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import aiohttp
import psutil
import pytest

from support.platform.demo import Demo, running_demo
from support.raw.search import Found, Needles
from support.raw.values import (
    files_below,
    mongo_documents,
    personal_values,
    redis_values,
    without_live_positions,
)
from support.store.fixtures import ENGINES
from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.settings import load_settings
from supportcarr.bootstrap.stores import store_of
from supportcarr.drivers.model import DocumentKind
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.pricing.areas import MONTREAL
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

SECONDS = float(os.environ.get("RAW_SEARCH_SECONDS", "120"))  # of the city, at SPEED
SPEED = "60"
CITY = ("--riders", "14", "--drivers", "10", "--speed", SPEED, "--seed", "3")
# Of others, see above; with the local profile's own operators, whose credentials it keeps and prints.
SIMULATED = ("sandbox-", "simulator-", "city.json", "outcome", "report.json", "output.txt", "operators.json")
EXPECTED = {
    "users.phone",
    "users.name",
    "rescuerequests.pin",
    "rescuerequests.quote_pickup",
    "rescuerequests.timeline",
    "messages.text",
    "vehicles.plate",
    "trails.points",
    "bikes.name",
    "notifications.body",
}

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("demo")]


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest) -> str | None:
    """The URL of a MongoDB database; ``None``: a SQLite file in the data folder."""
    return str(request.getfixturevalue("mongodb")) if request.param == "mongodb" else None


@asynccontextmanager
async def opened_store(demo: Demo, url: str | None) -> AsyncIterator[SealingStore]:
    given = {"SUPPORTCARR_DATA": str(demo.data)} | ({"SUPPORTCARR_STORE_URL": url} if url else {})
    store = store_of(load_settings(given, dotenv=None))
    for spec in SPECS:
        store.collection(spec)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def metrics_of(demo: Demo) -> dict[str, bytes]:
    """What each process of the platform says at its ``/metrics``."""
    found: dict[str, bytes] = {}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        for process in demo.processes():
            try:
                title = " ".join(process.cmdline())
                sockets = process.net_connections("tcp")
            except psutil.Error:
                continue
            for port in [one.laddr.port for one in sockets if one.status == psutil.CONN_LISTEN]:
                try:
                    async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
                        content = await response.read()
                except (aiohttp.ClientError, TimeoutError):
                    continue  # Redis listens too
                if b"# TYPE" in content:
                    found[f"metrics of {title}"] = content
    return found


async def test_nothing_that_a_simulated_day_leaves_behind_says_who_or_where(
    tmp_path: Path, store_url: str | None, own_redis_server: EmbeddedRedis
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    given = [f"SUPPORTCARR_REDIS_URL={own_redis_server.url}", "SUPPORTCARR_LOG_LEVEL=debug"]
    given += [f"SUPPORTCARR_STORE_URL={store_url}"] if store_url else []
    (folder / ".env").write_text("\n".join(given))
    places: dict[str, bytes] = {}
    with running_demo(folder, *CITY) as demo:
        demo.wait_for_output("Running:")
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            assert demo.process.poll() is None, demo.output
            await asyncio.sleep(0.5)
        places |= await metrics_of(demo)
        demo.process.send_signal(signal.SIGINT)
        await asyncio.to_thread(demo.process.wait, 90)
    completed = re.findall(r"completed\D+(\d+)", demo.output)
    async with opened_store(demo, store_url) as store:
        values = await personal_values(store, SPECS)
        assert {kind for kind in EXPECTED if not values.get(kind)} == set(), completed
        if store_url is not None:
            places["store"] = await mongo_documents(store_url)
        else:  # the log of writes too, which is there while the store is open
            assert (folder / "supportcarr.sqlite3-wal").exists()
        places |= dict(files_below(folder, *SIMULATED))
    async with RedisClient(own_redis_server.url) as redis:
        async for name, value in redis_values(redis):
            places[f"redis {name}"] = value
    roles = {word for name in places if name.startswith("metrics of") for word in name.split()}
    assert {"api", "realtime", "worker"} <= roles

    del values["sessions.device"]  # names of programs ("Python"), which are in the metrics as such
    values["notifications.values"] -= {*get_args(DocumentKind)}  # which paper ends soon
    # A truck may pass a corner of the area, whose boundary everybody can read.
    values["trails.points"] -= {number for corner in MONTREAL.boundary for number in corner}
    planted = {"planted.name": {"the heron sleeps at noon"}}
    places["planted"] = b"x" * 999 + b"the heron sleeps at noon".hex().encode()
    needles = Needles({**values, **planted})
    found = {
        place: hits
        for place, held in places.items()
        if (hits := without_live_positions(place, needles.found_in(held)))
    }
    assert found.pop("planted"), "what was planted is found"
    assert not found, summary(found)


def summary(found: dict[str, set[Found]]) -> dict[str, list[str]]:
    return {place: sorted(map(str, hits))[:5] for place, hits in found.items()}
