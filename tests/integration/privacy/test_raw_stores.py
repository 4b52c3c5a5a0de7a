"""What lies in the store, in Redis, in logs and in metrics holds nothing that says who or where somebody is.

Live positions in Redis are the exception: they are numbers of a geographical index, kept for minutes.
"""

from __future__ import annotations

import base64
import os
import sqlite3
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from pymongo import AsyncMongoClient

from support.platform.in_process import Platform, running_platform
from support.raw.search import Needles
from support.raw.values import (
    files_below,
    mongo_documents,
    personal_values,
    redis_values,
    without_live_positions,
)
from support.rescues.fixtures import RescueFactory, expect
from supportcarr.bootstrap.collections import SPECS
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.settings import LogSettings
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.tracking.model import Position

PICKUP: dict[str, Any] = {"lat": 45.523071, "lng": -73.582043, "address": "1731 avenue Zéphirine"}
DROPOFF: dict[str, Any] = {"lat": 45.534029, "lng": -73.601083, "address": "88 chemin Quetzal"}
PLATE, NOTE, CHAT = "ZQX 917", "the gate code is walrus", "I wear a purple sombrero"

SAID = (
    "45.523071",
    "73.582043",
    "45.534029",
    "73.601083",
    "phirine",
    "Quetzal",
    PLATE,
    "walrus",
    "sombrero",
    "Rika Roy",
    "Dominique Dube",
    "cousin Bartholomew",
    "knee is swollen",
    "a call from the insurer",
)


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=pytest.mark.xdist_group("mongodb"))])
def mongodb_url(request: pytest.FixtureRequest) -> str | None:
    """The URL of a MongoDB database; ``None``: the embedded store."""
    return str(request.getfixturevalue("mongodb")) if request.param == "mongodb" else None


@asynccontextmanager
async def _platform(folder: Path, mongodb_url: str | None) -> AsyncIterator[Platform]:
    if mongodb_url is None:
        async with running_platform(folder) as platform:
            yield platform
        return
    store = MongoStore(mongodb_url, timeout_s=20)
    await store.open()
    try:
        async with running_platform(folder, store=store) as platform:
            yield platform
    finally:
        await store.close()


async def live_a_day(platform: Platform) -> list[str]:
    """Rescues with everything that people say and send in one; their phone numbers."""
    factory = RescueFactory(platform)
    platform.clock.advance(61)
    driver = await factory.driver(at=PICKUP)
    vehicle = {"type": "van", "make": "Ram", "model": "C", "colour": "red", "plate": PLATE}
    expect(await driver.post("/me/vehicles", vehicle), 201)
    rider, card = await factory.rider()
    quote = expect(
        await rider.post(
            "/quotes", {"kind": "rescue", "problem": "flat_tire", "pickup": PICKUP, "dropoff": DROPOFF}
        ),
        201,
    )
    asked = {"quote_id": quote["id"], "payment_method_id": card, "note": NOTE}
    rescue = expect(await rider.create("/rescues", asked), 201)
    await platform.settle()
    [offer] = expect(await driver.get("/me/offers"), 200)["items"]
    expect(await driver.post(f"/offers/{offer['id']}/acceptance"), 200)
    await platform.settle()
    path = f"/rescues/{rescue['id']}"
    expect(await rider.create(f"{path}/messages", {"text": CHAT}), 201)
    expect(await driver.create(f"{path}/messages", {"text": "the purple sombrero it is"}), 201)
    expect(await driver.post(f"{path}/departure"), 200)
    at = platform.clock.city()
    await platform.container.tracking.report(
        driver.user_id, [Position(lat=PICKUP["lat"], lng=PICKUP["lng"], at=at)]
    )
    await platform.container.tracking._history.flush()
    expect(await driver.post(f"{path}/arrival"), 200)
    pin = expect(await rider.get(path), 200)["pin"]
    expect(await driver.post(f"{path}/start", {"pin": pin}), 200)
    expect(await driver.post(f"{path}/completion", {"outcome": "delivered"}), 200)
    await platform.settle()
    admin = await platform.person("admin")
    await give_reasons(factory, rider, driver, admin, card)
    seen = expect(await admin.get(f"/admin{path}"), 200)
    assert "45.523071" in str(seen), "people see what they may see"
    assert expect(await rider.get(f"{path}/messages"), 200)["items"][0]["text"] == CHAT
    expect(await rider.post("/me/exports"), 201)
    await platform.settle()
    return [person.grant.user.phone for person in (driver, rider, admin) if person.grant is not None]


async def give_reasons(factory: RescueFactory, rider: Any, driver: Any, admin: Any, card: str) -> None:
    """A driver, a rider and an operator each say in their own words why a rescue does not go on."""
    platform, words = factory.platform, {}
    for who, path, reason in (
        (rider, "cancellation", "my cousin Bartholomew came"),
        (admin, "cancellation", "a call from the insurer"),
    ):
        platform.clock.advance(61)
        await factory.report(driver, PICKUP)
        rescue_id = await factory.request(rider, card, pickup=PICKUP, dropoff=DROPOFF)
        [offer] = expect(await driver.get("/me/offers"), 200)["items"]
        expect(await driver.post(f"/offers/{offer['id']}/acceptance"), 200)
        await platform.settle()
        release = {"reason": "my knee is swollen"}
        expect(await driver.post(f"/rescues/{rescue_id}/release", release), 200)
        await platform.settle()
        prefix = "/admin" if who is admin else ""
        expect(await who.post(f"{prefix}/rescues/{rescue_id}/{path}", {"reason": reason}), 200)
        await platform.settle()
        words = expect(await rider.get(f"/rescues/{rescue_id}"), 200)
        assert words["reason"] == reason
        timeline = expect(await admin.get(f"/admin/rescues/{rescue_id}"), 200)["timeline"]
        assert "my knee is swollen" in {one.get("reason") for one in timeline}


PLANTED = "the heron sleeps at noon"


async def plant(platform: Platform, folder: Path, mongodb_url: str | None) -> None:
    """Store a value plain in the store, in Redis and in a log line, each in another encoding."""
    encoded = base64.b64encode(PLANTED.encode()).decode()
    if mongodb_url is None:
        with sqlite3.connect(folder / "store.sqlite3", timeout=10) as other:
            other.execute("CREATE TABLE planted (body TEXT)")
            other.execute("INSERT INTO planted VALUES (?)", (encoded,))
    else:
        async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
            await client.get_default_database("supportcarr")["planted"].insert_one({"body": encoded})
    await platform.container.redis.durable.call("SET", "planted", zlib.compress(PLANTED.encode()))
    structlog.get_logger("planted").warning("planted", body=PLANTED.encode().hex())


async def test_nothing_that_is_stored_or_logged_says_who_or_where(
    tmp_path: Path, mongodb_url: str | None
) -> None:
    log = tmp_path / "log.jsonl"
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    logs.configure(LogSettings(level="debug"), descriptor=descriptor)
    try:
        async with _platform(tmp_path / "data", mongodb_url) as platform:
            phones = await live_a_day(platform)
            values = await personal_values(platform.container.store, SPECS)
            await plant(platform, tmp_path / "data", mongodb_url)
            writer = logs.access_writer("debug")
            assert writer is not None
            writer.flush()
            places = {"logs": log.read_bytes(), "metrics": platform.api.metrics.render()}
            if mongodb_url is None:
                files = files_below(tmp_path / "data")
                places["store"] = b"".join(held for name, held in files if name.startswith("store.sqlite3"))
            else:
                places["store"] = await mongo_documents(mongodb_url)
            async for name, value in redis_values(platform.container.redis.durable):
                places[f"redis {name}"] = value
    finally:
        logs.shut_down()
        os.close(descriptor)
    missing = {"users.phone", "users.name", "rescuerequests.pin", "rescuerequests.quote_pickup"} - set(values)
    missing |= {"rescuerequests.timeline", "messages.text", "vehicles.plate", "trails.points"} - set(values)
    assert not missing
    needles = Needles({**values, "said": {*SAID, *phones}, "planted": {PLANTED}})
    found = {place: without_live_positions(place, needles.found_in(held)) for place, held in places.items()}
    found = {place: hits for place, hits in found.items() if hits}
    assert {hit.kind for hits in found.values() for hit in hits} == {"planted"}, found
    assert set(found) == {"logs", "store", "redis planted"}, "what was planted is found"
    assert len(places["store"]) > 10_000, "the store was read"
