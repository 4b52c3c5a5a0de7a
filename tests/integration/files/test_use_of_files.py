"""Files are used by other parts, and end: as orphans, by age, with their owner's account."""

from __future__ import annotations

import asyncio
import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from support.files.uploads import JPEG, PNG, begun, post_form, uploaded
from support.platform.in_process import CheckedClient, Platform
from support.ports import free_port
from support.rescues.fixtures import RescueFactory, expect
from supportcarr.contracts.errors import ValidationFailed
from supportcarr.contracts.events import FileUploaded
from supportcarr.files.collections import FILES
from supportcarr.files.model import Purpose, StoredFile, key_of
from supportcarr.files.ports import Processed, VirusScanner
from supportcarr.files.processing import IN_LINE, FileProcessing
from supportcarr.kit.images.derive import derive
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.providers.clamd import ClamdScanner
from supportcarr.providers.settings import ClamdSettings
from supportcarr_lab.emulators.clamd import ClamdEmulator

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def stored(platform: Platform, file_id: str) -> StoredFile | None:
    return await platform.container.store.collection(FILES).get(file_id)


async def objects_of(platform: Platform, file_id: str) -> list[str]:
    return [info.key for info in await platform.container.objects.list_objects(f"files/{file_id}/")]


async def change(platform: Platform, file_id: str, **changed: Any) -> None:
    file = await stored(platform, file_id)
    assert file is not None
    await platform.container.store.collection(FILES).save(replace(file, **changed))


async def gone(platform: Platform, file_id: str) -> bool:
    return await stored(platform, file_id) is None and not await objects_of(platform, file_id)


async def attach(platform: Platform, who: CheckedClient, file_id: str, purpose: Purpose, to: str) -> None:
    await platform.container.files.attach(file_id, who.user_id, purpose, to, field="photo_id")


async def test_a_file_is_used_by_one_thing_of_its_owner(platform: Platform) -> None:
    files = platform.container.files
    rider, other = await platform.person("rider"), await platform.person("rider")
    file = await uploaded(platform, rider, "bike_photo", JPEG)
    await attach(platform, rider, file["id"], "bike_photo", "bik_1")
    await attach(platform, rider, file["id"], "bike_photo", "bik_1")
    waiting = await begun(rider, "bike_photo", JPEG)
    for who, file_id, purpose, to, code in (
        (rider, file["id"], "bike_photo", "bik_2", "in_use"),
        (other, file["id"], "bike_photo", "bik_1", "not_found"),
        (rider, file["id"], "vehicle_photo", "bik_1", "not_found"),
        (rider, "fil_01jdc0000000000000000000r0", "bike_photo", "bik_1", "not_found"),
        (rider, waiting["id"], "bike_photo", "bik_1", "file_not_uploaded"),
    ):
        with pytest.raises(ValidationFailed) as refused:
            await files.attach(file_id, who.user_id, purpose, to, field="photo_id")  # type: ignore[arg-type]
        [error] = refused.value.errors
        assert (error.field, error.code) == ("photo_id", code)
    links = await files.link(file["id"])
    assert links is not None and links.state == "ready" and links.thumbnail_url
    assert set(await files.links([file["id"], waiting["id"], "fil_x"])) == {file["id"], waiting["id"]}
    await files.detach(file["id"], "bik_2")
    after = await stored(platform, file["id"])
    assert after is not None and after.attached_to == "bik_1"
    await files.detach(file["id"], "bik_1")
    await attach(platform, rider, file["id"], "bike_photo", "bik_2")


async def test_what_nobody_attaches_is_deleted_after_a_day(platform: Platform) -> None:
    rider = await platform.person("rider")
    orphan, kept, detached = [await uploaded(platform, rider, "bike_photo", JPEG) for _ in range(3)]
    for file in (kept, detached):
        await attach(platform, rider, file["id"], "bike_photo", "bik_1")
    await platform.container.files.detach(detached["id"], "bik_1")
    past = platform.container.clock.wall() - timedelta(seconds=1)
    await platform.container.file_removal.collect()
    assert await stored(platform, orphan["id"]) is not None
    for file in (orphan, detached):
        await change(platform, file["id"], orphan_at=past)
    await platform.container.file_removal.collect()
    assert await gone(platform, orphan["id"]) and await gone(platform, detached["id"])
    assert await stored(platform, kept["id"]) is not None and await objects_of(platform, kept["id"])
    assert (await rider.get(f"/me/uploads/{orphan['id']}")).status == 404


async def test_uploads_that_never_came_and_late_ones_are_collected(platform: Platform) -> None:
    rider = await platform.person("rider")
    never = await begun(rider, "bike_photo", JPEG)
    file = await uploaded(platform, rider, "bike_photo", JPEG)
    await platform.container.objects.put(key_of(file["id"], "upload"), PNG, "image/png")  # used again
    long_ago = platform.container.clock.wall() - timedelta(hours=2)
    for upload in (never, file):
        await change(platform, upload["id"], expires_at=long_ago)
    await platform.container.file_removal.collect()
    assert await gone(platform, never["id"])
    assert key_of(file["id"], "upload") not in await objects_of(platform, file["id"])
    left = await stored(platform, file["id"])
    assert left is not None and left.expires_at is None and left.state == "ready"


async def test_photos_of_rescues_are_kept_as_evidence_for_their_time(platform: Platform) -> None:
    rider = await platform.person("rider")
    file = await uploaded(platform, rider, "rescue_photo", JPEG)
    await attach(platform, rider, file["id"], "rescue_photo", "res_qc_1")
    kept = await stored(platform, file["id"])
    assert kept is not None and kept.keep_until is not None
    assert (kept.keep_until - platform.container.clock.wall()).days in (364, 365)
    await platform.container.file_removal.forget(rider.user_id)
    assert await stored(platform, file["id"]) is not None
    await change(platform, file["id"], keep_until=platform.container.clock.wall() - timedelta(seconds=1))
    await platform.container.file_removal.collect()
    assert await gone(platform, file["id"])


async def test_an_erased_person_s_files_are_deleted(platform: Platform) -> None:
    rider = await platform.person("rider")
    attached, loose = [await uploaded(platform, rider, "bike_photo", JPEG) for _ in range(2)]
    await attach(platform, rider, attached["id"], "bike_photo", "bik_1")
    waiting = await begun(rider, "bike_photo", JPEG)
    for _ in range(2):
        await platform.container.file_data.forget(rider.user_id)
    for file in (attached, loose, waiting):
        assert await gone(platform, file["id"])


async def test_an_object_that_no_document_knows_is_deleted_after_a_day(platform: Platform) -> None:
    objects, removal = platform.container.objects, platform.container.file_removal
    rider = await platform.person("rider")
    file = await uploaded(platform, rider, "bike_photo", JPEG)
    await objects.put("files/fil_01jdc0000000000000000000r0/clean", JPEG, "image/jpeg")
    assert await removal.sweep_objects() == 0
    wall = platform.clock.wall
    platform.clock.wall = lambda: wall() + timedelta(hours=25)  # type: ignore[method-assign]
    try:
        assert await removal.sweep_objects() == 1
    finally:
        del platform.clock.wall
    assert not await objects_of(platform, "fil_01jdc0000000000000000000r0")
    assert await objects_of(platform, file["id"])


async def test_photos_are_in_the_person_s_export(platform: Platform) -> None:
    rider = await platform.person("rider")
    file = await uploaded(platform, rider, "bike_photo", JPEG)
    await begun(rider, "bike_photo", JPEG)
    asked = expect(await rider.post("/me/exports"), 201)
    await platform.settle()
    ready = expect(await rider.get(f"/me/exports/{asked['id']}"), 200)
    reply = await rider.get(ready["archive"].removeprefix("/api/v1"))
    with zipfile.ZipFile(io.BytesIO(expect(reply, 200))) as archive:
        photos = [name for name in archive.namelist() if name.startswith(f"files/{file['id']}.")]
        assert len(photos) == 1 and archive.read(photos[0])
        assert file["id"].encode() in archive.read("files/uploads.json")


async def test_photos_beyond_the_size_of_an_export_are_named_in_it(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.privacy.exports.FILES_BYTES", len(derive(JPEG, "image/jpeg").clean))
    rider = await platform.person("rider")
    files = [await uploaded(platform, rider, "bike_photo", JPEG) for _ in range(2)]
    asked = expect(await rider.post("/me/exports"), 201)
    await platform.settle()
    reply = await rider.get(f"/me/exports/{asked['id']}/archive")
    with zipfile.ZipFile(io.BytesIO(expect(reply, 200))) as archive:
        photos = [name for name in archive.namelist() if name.startswith("files/fil_")]
        assert len(photos) == 1
        text = archive.read("README.txt").decode()
    assert sum(file["id"] in text for file in files) == 1


# --- processing --------------------------------------------------------------------------------------


class _Scanner:
    def __init__(self, found: str | None = None) -> None:
        self.found = found

    async def scan(self, data: bytes) -> str | None:
        return self.found


class _Images:
    async def process(self, data: bytes, content_type: str) -> Processed:
        return Processed(
            clean=b"clean",
            preview=b"preview",
            thumbnail=b"small",
            content_type="image/webp",
            width=4,
            height=3,
        )


def processing(
    platform: Platform, found: str | None = None, scanner: VirusScanner | None = None
) -> FileProcessing:
    container = platform.container
    return FileProcessing(
        container.store,
        container.objects,
        _Images(),
        scanner or _Scanner(found),
        container.file_removal,
        container.file_figures,
        max_bytes=container.settings.files.max_bytes,
    )


async def in_processing(platform: Platform, who: CheckedClient) -> str:
    """A file whose upload is there and whose processing has not begun."""
    file = await begun(who, "bike_photo", JPEG)
    form = file["upload"]
    assert (await post_form(platform.api.session, form["url"], form["fields"], JPEG))[0] == 204
    await change(platform, file["id"], state="processing")
    return str(file["id"])


async def test_processing_runs_again_after_a_kill_at_any_step(platform: Platform) -> None:
    rider = await platform.person("rider")
    file_id = await in_processing(platform, rider)
    event = FileUploaded(file_id=file_id, owner_id=rider.user_id)
    await platform.container.objects.put(key_of(file_id, "clean"), b"of a killed run", "image/webp")
    await processing(platform).process(event)
    ready = await stored(platform, file_id)
    assert ready is not None and (ready.state, ready.shown_type) == ("ready", "image/webp")
    await platform.container.objects.put(key_of(file_id, "upload"), JPEG, "image/jpeg")  # not deleted yet
    await processing(platform).process(event)
    assert await stored(platform, file_id) == ready
    assert key_of(file_id, "upload") not in await objects_of(platform, file_id)


async def test_a_file_with_malware_is_refused_and_not_kept(platform: Platform) -> None:
    rider = await platform.person("rider")
    file_id = await in_processing(platform, rider)
    event = FileUploaded(file_id=file_id, owner_id=rider.user_id)
    await processing(platform, "Eicar-Test-Signature").process(event)
    assert not await objects_of(platform, file_id)
    refused = expect(await rider.get(f"/me/uploads/{file_id}"), 200)
    assert (refused["state"], refused["reason"]) == ("refused", "malware_found")
    reply = await rider.post(f"/me/uploads/{file_id}/completion")
    assert (reply.status, reply.code) == (422, "file_rejected")


async def test_files_in_line_leave_places_of_the_worker_to_other_jobs(platform: Platform) -> None:
    rider = await platform.person("rider")
    event = FileUploaded(file_id=await in_processing(platform, rider), owner_id=rider.user_id)
    goes_on = asyncio.Event()

    class WaitingScanner:
        async def scan(self, data: bytes) -> str | None:
            await goes_on.wait()
            return None

    files = processing(platform, scanner=WaitingScanner())
    others = [asyncio.create_task(files.process(event)) for _ in range(IN_LINE)]
    await asyncio.sleep(0)
    with pytest.raises(RetryLater):
        await files.process(event)
    goes_on.set()
    await asyncio.gather(*others)
    await files.process(event)


async def test_files_wait_for_a_virus_scanner_that_cannot_be_reached(platform: Platform) -> None:
    rider = await platform.person("rider")
    event = FileUploaded(file_id=await in_processing(platform, rider), owner_id=rider.user_id)
    clamd = ClamdEmulator(port=free_port())  # nobody takes it meanwhile
    await clamd.start()
    waiting = processing(platform, scanner=ClamdScanner(ClamdSettings(address=clamd.address)))
    await clamd.stop()
    with pytest.raises(RetryLater):
        await waiting.process(event)
    file = await stored(platform, event.file_id)
    assert file is not None and file.state == "processing"
    await clamd.start()
    await waiting.process(event)
    file = await stored(platform, event.file_id)
    assert file is not None and file.state == "ready"
    await clamd.stop()


async def test_a_file_that_is_deleted_while_it_is_processed_leaves_nothing(platform: Platform) -> None:
    rider = await platform.person("rider")
    file_id = await in_processing(platform, rider)
    await platform.container.file_removal.delete(file_id)
    await platform.container.objects.put(key_of(file_id, "clean"), JPEG, "image/jpeg")
    await processing(platform).process(FileUploaded(file_id=file_id, owner_id=rider.user_id))
    assert await gone(platform, file_id)


async def test_a_vehicle_shows_its_photos_and_lets_go_of_those_it_has_no_more(platform: Platform) -> None:
    driver = await RescueFactory(platform).driver(online=False)
    vehicle = expect(await driver.get("/me/vehicles"), 200)["items"][0]
    first, second = [
        await uploaded(platform, driver, "vehicle_photo", data, type_)
        for data, type_ in ((JPEG, "image/jpeg"), (PNG, "image/png"))
    ]
    path = f"/me/vehicles/{vehicle['id']}"
    shown = expect(await driver.patch(path, {"photo_ids": [first["id"]]}), 200)["photos"]
    assert [photo["id"] for photo in shown] == [first["id"]]
    assert shown[0]["thumbnail_url"]
    expect(await driver.patch(path, {"photo_ids": [second["id"]]}), 200)
    await platform.settle()
    before, after = [await stored(platform, file["id"]) for file in (first, second)]
    assert before is not None
    assert after is not None
    assert (before.attached_to, after.attached_to) == (None, vehicle["id"])

    bike = await uploaded(platform, driver, "bike_photo", JPEG)
    refused = await driver.patch(path, {"photo_ids": [bike["id"]]})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "photo_ids")
    expect(await driver.delete(path), 204)
    await platform.settle()
    after = await stored(platform, second["id"])
    assert after is not None
    assert after.attached_to is None


async def test_a_bike_shows_its_photo_and_lets_go_of_one_it_has_no_more(platform: Platform) -> None:
    rider, other = await platform.person("rider"), await platform.person("rider")
    first, second, third = [await uploaded(platform, rider, "bike_photo", JPEG) for _ in range(3)]
    bike = expect(await rider.create("/me/bikes", {"name": "Commuter", "photo_id": first["id"]}), 201)
    photo = bike["photo"]
    assert (photo["id"], photo["state"], photo["content_type"]) == (first["id"], "ready", "image/jpeg")
    assert photo["url"]
    assert photo["thumbnail_url"]
    await platform.settle()
    path = f"/me/bikes/{bike['id']}"

    async def attached() -> list[str | None]:
        await platform.settle()
        files = [await stored(platform, file["id"]) for file in (first, second, third)]
        assert all(file is not None and (file.orphan_at is None) == bool(file.attached_to) for file in files)
        return [file.attached_to for file in files if file is not None]

    assert await attached() == [bike["id"], None, None]
    assert expect(await rider.patch(path, {"photo_id": second["id"]}), 200)["photo"]["id"] == second["id"]
    assert await attached() == [None, bike["id"], None]
    assert expect(await rider.patch(path, {"name": "Old"}), 200)["photo"]["id"] == second["id"]
    assert expect(await rider.patch(path, {"photo_id": None}), 200)["photo"] is None
    assert await attached() == [None, None, None]
    assert expect(await rider.patch(path, {"photo_id": third["id"]}), 200)["photo"]["id"] == third["id"]
    expect(await rider.delete(path), 204)
    assert await attached() == [None, None, None]

    answers = [
        await other.post("/me/bikes", {"name": "Mine", "photo_id": photo_id})
        for photo_id in (first["id"], "fil_01jdc0000000000000000000r0")
    ]
    assert [(answer.status, answer.body["errors"]) for answer in answers] == [
        (422, answers[1].body["errors"])
    ] * 2
    assert answers[0].body["errors"][0]["field"] == "photo_id"
    assert expect(await other.get("/me/bikes"), 200)["items"] == []


async def test_a_photo_that_was_reserved_for_nothing_is_collected(platform: Platform) -> None:
    rider = await platform.person("rider")
    file = await uploaded(platform, rider, "bike_photo", JPEG)
    files, clock = platform.container.files, platform.container.clock
    await files.reserve(file["id"], rider.user_id, "bike_photo", "bik_never_saved")
    reserved = await stored(platform, file["id"])
    assert reserved is not None
    assert reserved.orphan_at is not None
    await change(platform, file["id"], orphan_at=clock.wall() - timedelta(seconds=1))
    await platform.container.file_removal.collect()
    assert await gone(platform, file["id"])


async def test_a_reference_that_changes_while_it_is_followed_is_followed_again(platform: Platform) -> None:
    rider = await platform.person("rider")
    file = await uploaded(platform, rider, "bike_photo", JPEG)
    answers = iter([True, False, False])

    async def is_used() -> bool:
        return next(answers)

    await platform.container.files.follow(file["id"], "bik_1", is_used)
    after = await stored(platform, file["id"])
    assert after is not None
    assert after.attached_to is None
    assert after.orphan_at is not None
