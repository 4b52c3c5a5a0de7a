"""The documents and photos of a seeded town: they fit their owners, and their objects are there."""

from __future__ import annotations

import asyncio
import io
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from supportcarr.bootstrap.objects import objects_of
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.bootstrap.stores import store_of
from supportcarr.drivers import documents
from supportcarr.drivers.collections import DRIVER_DOCUMENTS, PROFILES, VEHICLES
from supportcarr.drivers.driver_documents.service import DriverDocumentService
from supportcarr.drivers.model import state_of
from supportcarr.drivers.service import DriverService
from supportcarr.files.collections import FILES
from supportcarr.files.metrics import FileFigures
from supportcarr.files.model import StoredFile, key_of
from supportcarr.files.removal import FileRemoval
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.pricing.areas import MONTREAL
from supportcarr.rescues.collections import PHOTOS, RESCUES
from supportcarr.riders.collections import BIKES
from supportcarr_lab.town.options import TownOptions
from supportcarr_lab.town.seeding import seed_town

OPTIONS = TownOptions(until=date(2026, 3, 11), drivers=40, rescues=400, weeks=1, seed=7)
NOBODY: Any = None  # is asked


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a folder with a town, which the tests share."""
    folder = tmp_path_factory.mktemp("town")
    given = {"SUPPORTCARR_DATA": str(folder), "SUPPORTCARR_AUTH_BCRYPT_COST": "4"}
    settings = load_settings(given, dotenv=None)
    seeding = seed_town(settings, OPTIONS, "supportcarr seed town", lambda _: None)
    with ThreadPoolExecutor(1) as thread:  # in which no event loop runs
        thread.submit(asyncio.run, seeding).result()
    return settings


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[SealingStore]:
    store = store_of(settings)
    await store.open()
    yield store
    await store.close()


async def stored(store: SealingStore, spec: Any) -> dict[str, Any]:
    return {document.id: document async for document in store.collection(spec).scan()}


async def test_documents_fit_the_states_of_their_drivers(store: SealingStore) -> None:
    of_driver = defaultdict(list)
    for document in (await stored(store, DRIVER_DOCUMENTS)).values():
        of_driver[document.driver_id].append(document)
    seen = Counter(document.state for found in of_driver.values() for document in found)
    assert set(seen) == {"pending", "approved", "rejected", "expired", "replaced"}
    today = OPTIONS.until
    for profile in (await stored(store, PROFILES)).values():
        states = {document.state for document in of_driver[profile.id] if document.state != "replaced"}
        match state_of(profile):
            case "approved" | "suspended":
                if profile.notice is None or not profile.notice.expired:
                    documents.check_approved(profile, today)
                else:
                    assert "expired" in states
            case "draft" | "submitted" | "in_review":
                assert states == {"pending"}
            case "changes_requested" | "rejected":
                assert states == {"approved", "rejected"}


async def test_the_profiles_hold_what_the_consumer_makes_of_the_documents(store: SealingStore) -> None:
    clock = Clock(city_origin=OPTIONS.ends_at)
    drivers = DriverService(store, clock, NOBODY, NOBODY, timezone=MONTREAL.timezone, area_id="montreal")
    service = DriverDocumentService(store, clock, drivers, NOBODY, NOBODY)
    before = await stored(store, PROFILES)
    for driver_id in before:
        await service.refresh(driver_id)
    assert await stored(store, PROFILES) == before


async def test_every_file_is_used_by_what_names_it(store: SealingStore) -> None:
    users = {
        file_id: document.id
        for document in (await stored(store, DRIVER_DOCUMENTS)).values()
        for file_id in document.file_ids
    }
    photos = await stored(store, PHOTOS)
    users |= {photo.file_id: photo.id for photo in photos.values()}
    users |= {bike.photo_id: bike.id for bike in (await stored(store, BIKES)).values() if bike.photo_id}
    vehicles = await stored(store, VEHICLES)
    users |= {photo_id: vehicle.id for vehicle in vehicles.values() for photo_id in vehicle.photo_ids}
    files = await stored(store, FILES)
    assert {file.id: file.attached_to for file in files.values()} == users
    assert {file.purpose for file in files.values()} == {
        "driver_document",
        "vehicle_photo",
        "bike_photo",
        "profile_photo",
        "rescue_photo",
    }
    rescues = await stored(store, RESCUES)
    for photo in photos.values():
        rescue = rescues[photo.rescue_id]
        assert photo.by.id in (rescue.rider_id, rescue.driver_id)
        assert files[photo.file_id].owner_id == photo.by.id
    assert {photo.stage for photo in photos.values()} == {"before", "after"}
    assert any(photo.damage and photo.note for photo in photos.values())


async def test_objects_of_the_same_content_are_one_file_until_one_is_deleted(
    settings: Settings, store: SealingStore
) -> None:
    objects = objects_of(settings, Clock())
    files: dict[str, StoredFile] = await stored(store, FILES)
    keys = [key_of(file.id, name) for file in files.values() for name in file.objects]
    assert sorted(info.key for info in await objects.list_objects("files/", limit=10_000)) == sorted(keys)
    of_content = defaultdict(list)
    for key in keys:
        data = await objects.get(key, max_bytes=1_000_000)
        assert data is not None
        of_content[data].append(key)
    for data, same in of_content.items():
        with Image.open(io.BytesIO(data)) as image:
            assert image.format == "JPEG"
            assert not image.getexif() or all(key.endswith("/original") for key in same)
    paths = [
        path for path in (Path(settings.deployment.data) / "objects" / "files").rglob("*") if path.is_file()
    ]
    assert len({path.stat().st_ino for path in paths}) == len(of_content)
    assert len(of_content) < len(keys) / 3

    first, second, *_ = next(same for same in of_content.values() if len(same) > 1)
    await objects.put(first, b"another", "image/jpeg")
    assert len(await objects.get(second, max_bytes=1_000_000) or b"") > 100
    await objects.delete(first)
    assert await objects.head(second) is not None


async def test_the_collector_finds_nothing_to_remove(settings: Settings, store: SealingStore) -> None:
    before = await stored(store, FILES)
    removal = FileRemoval(store, Clock(), objects_of(settings, Clock()), FileFigures())
    await removal.collect()
    assert await removal.sweep_objects() == 0
    assert await stored(store, FILES) == before
