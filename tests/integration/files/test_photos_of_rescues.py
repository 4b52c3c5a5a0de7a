"""Photos of the job: who may take and see them, when, and what the other side is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from support.files.uploads import JPEG, PNG, photographed, post_form
from support.platform.in_process import Platform
from support.rescues.fixtures import RescueFactory, expect
from supportcarr.contracts.actors import Actor
from supportcarr.files.collections import FILES
from supportcarr.rescues.collections import PHOTOS

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def factory(platform: Platform) -> RescueFactory:
    return RescueFactory(platform)


BODY = {"stage": "before", "content_type": "image/jpeg", "size": 1000}


async def test_both_sides_see_the_photos_of_both(platform: Platform, factory: RescueFactory) -> None:
    prepared = await factory.arrived()
    await photographed(platform, prepared.rider, prepared.path, JPEG, damage=True, note="The rim is bent")
    await photographed(platform, prepared.assigned_driver, prepared.path, JPEG)
    operator = await platform.person("support")
    for who in (prepared.rider, prepared.assigned_driver, operator):
        photos = expect(await who.get(f"{prepared.path}/photos"), 200)["items"]
        assert [(p["by"]["role"], p["stage"], p["damage"], p.get("note"), p["state"]) for p in photos] == [
            ("rider", "before", True, "The rim is bent", "ready"),
            ("driver", "before", False, None, "ready"),
        ]
        assert all(photo["url"] and photo["thumbnail_url"] for photo in photos)
    audited = expect(await (await platform.person("admin")).get("/admin/audit-log?limit=5"), 200)["items"]
    assert "rescues.read_photos" in {record["action"] for record in audited}


async def test_a_photo_is_seen_once_it_is_uploaded_and_told_once(
    platform: Platform, factory: RescueFactory
) -> None:
    prepared = await factory.arrived()
    rider, path = prepared.rider, f"{prepared.path}/photos"
    photo = expect(await rider.post(path, BODY | {"size": len(JPEG)}), 201)
    assert expect(await rider.get(path), 200)["items"] == []
    done = f"{path}/{photo['id']}/completion"
    assert (await rider.post(done)).code == "file_not_uploaded"
    form = photo["upload"]
    assert (await post_form(platform.api.session, form["url"], form["fields"], JPEG))[0] == 204
    for reply in await asyncio.gather(*(rider.post(done) for _ in range(3))):
        expect(reply, 200)
    await platform.settle()
    stored = await platform.container.store.collection(PHOTOS).get(photo["id"])
    assert stored is not None
    assert stored.version == 2  # one save, with the event that tells the others
    file = await platform.container.store.collection(FILES).get(stored.file_id)
    assert file is not None and file.attached_to == photo["id"] and file.keep_until is not None


async def test_a_file_of_another_type_is_refused_and_never_shown(
    platform: Platform, factory: RescueFactory
) -> None:
    prepared = await factory.arrived()
    rider, path = prepared.rider, f"{prepared.path}/photos"
    photo = expect(await rider.post(path, BODY | {"size": len(PNG)}), 201)
    form = photo["upload"]
    await post_form(platform.api.session, form["url"], form["fields"], PNG)
    assert (await rider.post(f"{path}/{photo['id']}/completion")).code == "unsupported_file_type"
    assert expect(await rider.get(path), 200)["items"] == []


async def test_photos_of_other_people_do_not_exist(platform: Platform, factory: RescueFactory) -> None:
    prepared, other = await factory.arrived(), await factory.arrived()
    photo = await photographed(platform, prepared.rider, prepared.path, JPEG)
    done = f"/photos/{photo['id']}/completion"
    for who in (other.rider, other.assigned_driver):
        assert (await who.get(f"{prepared.path}/photos")).status == 404
        assert (await who.post(f"{prepared.path}/photos", BODY)).status == 404
        assert (await who.post(prepared.path + done)).status == 404
        assert (await who.post(other.path + done)).status == 404  # their rescue, another's photo
    assert (await prepared.assigned_driver.post(prepared.path + done)).status == 404  # the rider's photo


async def test_when_photos_may_be_taken(platform: Platform, factory: RescueFactory) -> None:
    waiting = await factory.without_driver()
    expect(await waiting.rider.post(f"{waiting.path}/photos", BODY), 201)
    assert (
        await waiting.rider.post(f"{waiting.path}/photos", BODY | {"stage": "after"})
    ).code == "photos_closed"
    arrived = await factory.arrived()
    driver, path = arrived.assigned_driver, f"{arrived.path}/photos"
    expect(await driver.post(path, BODY), 201)
    for _ in range(9):
        expect(await driver.post(path, BODY), 201)
    assert (await driver.post(path, BODY)).code == "too_many_photos"


async def test_uploads_that_never_came_do_not_count_and_late_ones_do(
    platform: Platform, factory: RescueFactory
) -> None:
    prepared = await factory.arrived()
    driver, path = prepared.assigned_driver, f"{prepared.path}/photos"
    begun = [expect(await driver.post(path, BODY | {"size": len(JPEG)}), 201) for _ in range(10)]
    late = begun[0]
    status, reply = await post_form(
        platform.api.session, late["upload"]["url"], late["upload"]["fields"], JPEG
    )
    assert status == 204, reply
    photos, files = (platform.container.store.collection(spec) for spec in (PHOTOS, FILES))
    for photo in begun:
        stored = await photos.get(photo["id"])
        assert stored is not None
        file = await files.get(stored.file_id)
        assert file is not None
        past = platform.container.clock.wall() - timedelta(seconds=1)
        await files.save(replace(file, expires_at=past))
    for _ in range(10):
        await photographed(platform, driver, prepared.path, JPEG)
    assert (await driver.post(path, BODY)).code == "too_many_photos"
    assert (await driver.post(f"{path}/{late['id']}/completion")).code == "too_many_photos"
    assert len(expect(await driver.get(path), 200)["items"]) == 10


async def test_the_photos_of_every_driver_of_a_rescue_are_listed(
    platform: Platform, factory: RescueFactory
) -> None:
    prepared = await factory.arrived()
    taken = await photographed(platform, prepared.rider, prepared.path, JPEG)
    photos = platform.container.store.collection(PHOTOS)
    one = await photos.get(taken["id"])
    assert one is not None
    for driver in range(5):
        for number in range(10):
            other = replace(one, id=f"{one.id[:-4]}{driver}{number:03}", by=Actor("driver", f"usr_{driver}"))
            await photos.insert(replace(other, version=0))
    assert len(expect(await prepared.rider.get(f"{prepared.path}/photos"), 200)["items"]) == 51
