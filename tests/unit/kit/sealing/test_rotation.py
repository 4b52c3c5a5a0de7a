"""The keyset rotates and plain documents are sealed, also after a kill; counts say what is left."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from support.sealing import ANA, PARCELS, SECRETS, PlainParcel, raw
from support.store.memory import MemoryDatabase, MemoryStore
from supportcarr.contracts.documents import Document
from supportcarr.kit.sealing import rotation
from supportcarr.kit.sealing.keyset import KeysetError, KeysetFile, key_ids
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.kit.store.port import CollectionSpec, StoreError

PEOPLE = 5


class Killed(BaseException):
    pass


async def opened(database: MemoryDatabase, keyset: KeysetFile) -> SealingStore:
    store = SealingStore(MemoryStore(database), keyset)
    store.collection(PARCELS)
    await store.inner.open()
    return store


async def fill(store: SealingStore) -> None:
    for n in range(PEOPLE):
        parcel = msgspec.structs.replace(ANA, id=f"par_{n}", owner_id=f"usr_{n}", sender_id=None)
        await store.collection(PARCELS).insert(parcel)


@pytest.mark.parametrize("dies_at", range(PEOPLE))
async def test_a_rotation_that_was_killed_is_finished_by_the_next(
    tmp_path: Path, dies_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = MemoryDatabase()
    keyset = KeysetFile(tmp_path / "keyset.json")
    store, running = await opened(database, keyset), await opened(database, KeysetFile(keyset.path))
    await fill(store)
    first = keyset.primary_id
    second = rotation.add_key(keyset)
    assert rotation.add_key(keyset) == second, "the key that waits is not added again"
    assert keyset.primary_id == first
    assert rotation.promote_newest(keyset) == second
    wrap, calls = keyset.wrap, iter(range(PEOPLE))

    def dies(data_key: bytes, person_id: str) -> bytes:
        if next(calls) == dies_at:
            raise Killed
        return wrap(data_key, person_id)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(keyset, "wrap", dies)
        await rotation.rewrap(store.inner, keyset)
    left = PEOPLE - dies_at
    expected = {first: left, second: dies_at}
    assert await rotation.count_by_key(store.inner) == {k: n for k, n in expected.items() if n}
    found = await rotation.findings(store, (PARCELS,))
    assert [finding.harmless for finding in found] == [True]
    assert await rotation.forget_unused(store.inner, keyset) == [], "the older key is in use"

    again = await opened(database, KeysetFile(keyset.path))
    assert await rotation.rewrap(again.inner, again.data_keys.wrapper) == left
    assert await rotation.findings(again, (PARCELS,)) == []
    assert await rotation.forget_unused(store.inner, keyset) == [first]
    for process in (again, running):  # one of them read the keyset before it was rotated
        parcel = await process.collection(PARCELS).get("par_0")
        assert parcel is not None and parcel.name == "Ana Roy"


async def test_another_keyset_is_refused_and_never_made_beside_data(tmp_path: Path) -> None:
    database = MemoryDatabase()
    await fill(await opened(database, KeysetFile(tmp_path / "keyset.json")))
    lost = await opened(database, KeysetFile(tmp_path / "lost.json"))
    with pytest.raises(StoreError, match="restore it"):
        await lost.data_keys.probe()
    with pytest.raises(StoreError, match="restore it"):
        await lost.collection(PARCELS).insert(msgspec.structs.replace(ANA, id="par_9", owner_id="usr_9"))
    assert not (tmp_path / "lost.json").exists()
    other = KeysetFile(tmp_path / "other.json")
    other.wrap(b"0" * 32, "usr_x")
    with pytest.raises(StoreError, match="lacks"):
        await (await opened(database, other)).collection(PARCELS).get("par_0")


def test_the_keyset_file_is_private_and_replaced_in_one_step(tmp_path: Path) -> None:
    keyset = KeysetFile(tmp_path / "keyset.json")
    keyset.wrap(b"0" * 32, "usr_x")
    assert keyset.path.stat().st_mode & 0o777 == 0o600
    before = keyset.json
    with pytest.raises(KeysetError):
        keyset.replace("{}")
    assert [path.name for path in tmp_path.iterdir()] == ["keyset.json"]
    assert KeysetFile(keyset.path).json == before
    assert len(key_ids(before)) == 1


async def test_plain_documents_are_counted_and_sealed_and_a_second_run_finds_none(tmp_path: Path) -> None:
    database = MemoryDatabase()
    older: MemoryStore = MemoryStore(database)
    await older.open()
    plain = older.collection(CollectionSpec("parcels", PlainParcel, PARCELS.indexes))
    values = {name: getattr(ANA, name) for name in ANA.__struct_fields__}
    documents: list[Document] = [PlainParcel(**(values | {"id": f"par_{n}"})) for n in range(3)]
    for document in documents:
        await plain.insert(document)  # type: ignore[arg-type]
    store = await opened(database, KeysetFile(tmp_path / "keyset.json"))
    assert await rotation.count_plain(store, (PARCELS,)) == [rotation.Plain("parcels", 3)]
    assert await rotation.seal_all(store, (PARCELS,)) == 3
    assert not [secret for secret in SECRETS if secret in raw(database)]
    assert await rotation.seal_all(store, (PARCELS,)) == 0
    assert await rotation.findings(store, (PARCELS,)) == []
