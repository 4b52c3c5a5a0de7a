"""A person's copy of their data: everything about them, for them alone, for some days."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from support.http.server import Client
from support.platform.in_process import Platform
from support.rescues.fixtures import PICKUP, RescueFactory, expect
from supportcarr.contracts.events import ExportRequested
from supportcarr.privacy.collections import CHUNKS, EXPORTS

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def export_of(platform: Platform, person: Client) -> tuple[str, dict[str, Any]]:
    """The id of a new export, and its files."""
    asked = expect(await person.post("/me/exports"), 201)
    await platform.settle()
    ready = expect(await person.get(f"/me/exports/{asked['id']}"), 200)
    assert ready["state"] == "ready"
    reply = await person.get(ready["archive"].removeprefix("/api/v1"))
    assert reply.headers["content-type"] == "application/zip"
    assert len(expect(reply, 200)) == ready["bytes"]
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".json")]
        return asked["id"], {name: json.loads(archive.read(name)) for name in names}


async def test_a_rider_gets_what_every_part_holds(platform: Platform, factory: RescueFactory) -> None:
    ride = await factory.in_state("completed")
    expect(await ride.rider.create(f"{ride.path}/messages", {"text": "I left my helmet"}), 201)
    expect(await ride.driver_posts("messages", {"text": "I have it"}), 201)
    _, files = await export_of(platform, ride.rider)
    assert files["account/account.json"]["phone"] == ride.rider.grant.user.phone  # type: ignore[union-attr]
    assert files["account/sessions.json"]
    [rescue] = files["rescues/as_rider.json"]
    assert (rescue["id"], rescue["pickup"]) == (ride.rescue_id, PICKUP)
    assert [m["text"] for m in files["rescues/messages.json"]] == ["I left my helmet"]
    [payment] = files["payments/payments.json"]
    assert payment["status"] == "captured"
    assert files["payments/cards.json"][0]["last4"] == "4242"
    assert files["quotes/quotes.json"] and files["notifications/notifications.json"]
    assert "password" not in json.dumps(files)


async def test_a_driver_gets_papers_trails_and_earnings_without_the_riders_places(
    platform: Platform, factory: RescueFactory
) -> None:
    ride = await factory.in_transit()
    await factory.report(ride.assigned_driver)
    expect(await ride.driver_posts("completion", {"outcome": "delivered"}), 200)
    await platform.container.tracking.flush_history()
    await platform.settle()
    _, files = await export_of(platform, ride.assigned_driver)
    papers = files["driver/profile_and_papers.json"]
    assert papers["application"]["insurer"] == "Promutuel"
    assert files["driver/vehicles.json"][0]["plate"] == "F12 3AB"
    [rescue] = files["rescues/as_driver.json"]
    assert "pickup" not in rescue
    assert files["positions/trails.json"]
    assert files["payments/earnings.json"][0]["earned_minor"] > 0


async def test_an_export_is_private_and_sealed(platform: Platform, factory: RescueFactory) -> None:
    rider, _ = await factory.rider()
    other, _ = await factory.rider()
    admin = await platform.person("admin")
    export_id, _ = await export_of(platform, rider)
    for stranger in (other, admin):
        assert (await stranger.get(f"/me/exports/{export_id}")).status == 404
        assert (await stranger.get(f"/me/exports/{export_id}/archive")).status == 404
    store = platform.container.store
    chunks = [chunk async for chunk in store.collection(CHUNKS).scan({"export_id": export_id})]
    content = b"".join(base64.b64decode(chunk.data) for chunk in chunks)
    assert chunks and not content.startswith(b"PK") and b"account.json" not in content  # as a ZIP has them


async def test_an_expired_export_is_gone(platform: Platform, factory: RescueFactory) -> None:
    rider, _ = await factory.rider()
    export_id, _ = await export_of(platform, rider)
    exports, chunks = (platform.container.store.collection(spec) for spec in (EXPORTS, CHUNKS))
    export = await exports.get(export_id)
    assert export is not None
    past = platform.clock.wall() - timedelta(seconds=1)
    await exports.save(replace(export, expires_at=past))
    async for chunk in chunks.scan({"export_id": export_id}):
        await chunks.save(replace(chunk, expires_at=past))
    assert (await rider.get(f"/me/exports/{export_id}/archive")).status == 404
    await platform.container.retention.enforce()
    assert await exports.get(export_id) is None
    assert [chunk async for chunk in chunks.scan({"export_id": export_id})] == []


async def test_a_build_that_was_killed_or_runs_twice_makes_one_export(
    platform: Platform, factory: RescueFactory
) -> None:
    rider, _ = await factory.rider()
    export_id, before = await export_of(platform, rider)
    exports = platform.container.store.collection(EXPORTS)
    ready = await exports.get(export_id)
    assert ready is not None
    killed = replace(ready, state="preparing", attempt=None, chunks=0, ready_at=None)  # its chunks are there
    await exports.save(killed)
    event = ExportRequested(export_id=export_id, person_id=rider.user_id)
    await platform.container.exports.build(event)
    again = await exports.get(export_id)
    await platform.container.exports.build(event)
    assert again is not None and again.state == "ready" and again.attempt != ready.attempt
    assert await exports.get(export_id) == again
    await platform.settle()
    reply = await rider.get(f"/me/exports/{export_id}/archive")
    with zipfile.ZipFile(io.BytesIO(expect(reply, 200))) as archive:
        assert json.loads(archive.read("account/account.json")) == before["account/account.json"]
