"""Documents are plain above the store and sealed below it; a destroyed key leaves neutral values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from support.sealing import ANA, PARCELS, PICKUP, SECRETS, PlainParcel, raw
from support.store.memory import MemoryDatabase, MemoryStore
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.events import MatchingBegan
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.personal import DELETED
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.sealing.keyset import Keyset, new_keyset
from supportcarr.kit.sealing.store import SealingStore, stored_spec
from supportcarr.kit.store.port import CollectionSpec, StoreError

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEYSET = Keyset(new_keyset())


async def opened(database: MemoryDatabase) -> SealingStore:
    """Another process's store of the same database."""
    store = SealingStore(MemoryStore(database), KEYSET)
    store.collection(PARCELS)
    await store.inner.open()
    return store


async def test_what_is_stored_holds_no_personal_value() -> None:
    database = MemoryDatabase()
    parcels = (await opened(database)).collection(PARCELS)
    stored = await parcels.insert(ANA)
    assert not [secret for secret in SECRETS if secret in raw(database)]
    assert stored == msgspec.structs.replace(ANA, version=1)
    elsewhere = (await opened(database)).collection(PARCELS)
    assert await elsewhere.get("par_1") == stored
    assert (await elsewhere.find({"weight": 7})).items == [stored]
    assert await elsewhere.get_many(["par_1", "par_2"]) == {"par_1": stored}
    assert [one async for one in elsewhere.scan()] == [stored]


async def test_a_destroyed_key_leaves_neutral_values_in_every_process() -> None:
    database = MemoryDatabase()
    here, elsewhere = await opened(database), await opened(database)
    await here.collection(PARCELS).insert(ANA)
    assert await elsewhere.collection(PARCELS).get("par_1") is not None
    await here.data_keys.destroy("usr_ana")
    await elsewhere.data_keys.notice_destroyed()  # which it asks every second
    for store in (here, elsewhere):
        found = await store.collection(PARCELS).get("par_1")
        assert found is not None
        parcel = found
        assert parcel.name == DELETED
        assert parcel.note == "ring twice", "another person's"
        assert parcel.trip.pickup.address is None
        assert parcel.trip.pickup != PICKUP
        assert abs(parcel.trip.pickup.lat - PICKUP.lat) < 0.05, "the centre of its cell"
        assert parcel.trip.total_minor == 1200
    changed = msgspec.structs.replace(parcel, name="Ana Roy", weight=8)
    assert (await elsewhere.collection(PARCELS).save(changed)).version == 2
    assert "Ana Roy" not in raw(database), "nothing is stored of a person without a key"
    again = await (await opened(database)).collection(PARCELS).get("par_1")
    assert again is not None
    assert (again.name, again.weight) == (DELETED, 8)


async def test_a_change_of_other_fields_seals_nothing_again() -> None:
    database = MemoryDatabase()
    store = await opened(database)
    parcels = store.collection(PARCELS)
    stored = await parcels.insert(ANA)
    before = await store.inner.collection(stored_spec(PARCELS)).get("par_1")
    await parcels.save(msgspec.structs.replace(stored, weight=9, note="ring once"))
    after: Any = await store.inner.collection(stored_spec(PARCELS)).get("par_1")
    assert before is not None
    changed = {name for name, sealed in after.sealed.items() if sealed != before.sealed[name]}
    assert changed == {"note"}


@pytest.mark.parametrize(("field", "other"), [("name", "note"), ("name", "trip_pickup")])
async def test_values_that_were_swapped_are_refused(field: str, other: str) -> None:
    database = MemoryDatabase()
    store = await opened(database)
    await store.collection(PARCELS).insert(ANA)
    inner = store.inner.collection(stored_spec(PARCELS))
    stored: Any = await inner.get("par_1")
    sealed = stored.sealed | {field: stored.sealed[other], other: stored.sealed[field]}
    await inner.save(msgspec.structs.replace(stored, sealed=sealed))
    with pytest.raises(StoreError):
        await (await opened(database)).collection(PARCELS).get("par_1")


async def test_a_document_of_before_is_read_and_sealed_at_its_next_save() -> None:
    database = MemoryDatabase()
    older = MemoryStore(database)
    values = {name: getattr(ANA, name) for name in ANA.__struct_fields__}
    await older.open()
    await older.collection(CollectionSpec("parcels", PlainParcel, PARCELS.indexes)).insert(
        PlainParcel(**values)
    )
    parcels = (await opened(database)).collection(PARCELS)
    parcel = await parcels.get("par_1")
    assert parcel == msgspec.structs.replace(ANA, version=1)
    await parcels.save(parcel)
    assert not [secret for secret in SECRETS if secret in raw(database)]


class NoJobs:
    """``JobAdder`` that remembers payloads."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []

    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        self.payloads.append(payload)


@pytest.mark.parametrize("crashed", [False, True], ids=["at once", "after a crash"])
async def test_events_are_sealed_in_the_outbox_and_plain_for_consumers(crashed: bool) -> None:
    database = MemoryDatabase()
    store = await opened(database)
    point = GeoPoint(PICKUP.lat, PICKUP.lng)
    event = MatchingBegan(
        rescue_id="par_1",
        rider_id="usr_ana",
        area_id="montreal",
        status="matching",
        entry=1,
        ends_at=NOW,
        kind="tow",
        pickup=point,
        dropoff=point,
        pay_minor=1,
        currency="CAD",
    )
    seen: list[EventEnvelope] = []

    async def see(envelope: EventEnvelope) -> None:
        seen.append(envelope)

    jobs = NoJobs()
    consumers = [
        Consumer("parts.see", (MatchingBegan,), see, Phase.REACTION),
        Consumer("parts.call", (MatchingBegan,), see, Phase.REACTION, slow=True),
    ]
    pending = PendingEvents((event,), SYSTEM, NOW)
    if crashed:
        await store.collection(PARCELS).insert(ANA, pending)
        assert not [secret for secret in SECRETS if secret in raw(database)]
        store = await opened(database)
        relay = Relay(store, consumers, jobs)
        await relay.sweep(older_than_s=0)
    else:
        relay = Relay(store, consumers, jobs)
        await store.collection(PARCELS).insert(ANA, pending)
    assert await relay.drain()
    assert [envelope.event for envelope in seen] == [event]
    assert seen[0].sealed is None
    assert b"45.52" not in jobs.payloads[0], "jobs of slow consumers hold no places"
    assert raw(database).count("matching_began") == 0
