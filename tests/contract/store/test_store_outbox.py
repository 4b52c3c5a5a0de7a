"""Events are saved with their document, stay in the outbox until they are published, and keep their order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from support.store.fixtures import NOON, PARCELS, Parcel, pending, word_of
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.kit.store.port import Collection, CollectionSpec, DuplicateKey, Store, VersionConflict


async def words(parcels: Collection[Parcel], name: str) -> list[str]:
    return [word_of(event) for event in await parcels.pending_events(name)]


async def test_an_event_names_its_document_version_actor_and_time(parcels: Collection[Parcel]) -> None:
    await parcels.insert(Parcel(id="p"), pending("one", "two"))
    first, second = await parcels.pending_events("p")
    assert (first.id, second.id) == ("p.1.0", "p.1.1")
    assert (first.collection, first.document_id, first.document_version) == ("parcels", "p", 1)
    assert (first.actor, first.at, word_of(first)) == (SYSTEM, NOON, "one")


async def test_a_save_appends_its_events_to_pending_ones(parcels: Collection[Parcel]) -> None:
    parcel = await parcels.insert(Parcel(id="p"), pending("one", "two"))
    parcel = await parcels.save(parcel)
    for n in range(3, 13):
        parcel = await parcels.save(parcel, pending(str(n)))
    assert await words(parcels, "p") == ["one", "two", *map(str, range(3, 13))]


async def test_a_failed_save_stores_no_event(parcels: Collection[Parcel]) -> None:
    old = await parcels.insert(Parcel(id="p"))
    await parcels.save(old)
    with pytest.raises(VersionConflict):
        await parcels.save(old, pending("lost"))
    with pytest.raises(DuplicateKey):
        await parcels.insert(Parcel(id="p"), pending("lost"))
    assert await words(parcels, "p") == []


async def test_a_published_event_is_removed_without_changing_the_version(parcels: Collection[Parcel]) -> None:
    parcel = await parcels.insert(Parcel(id="p"), pending("one", "two"))
    first, _ = await parcels.pending_events("p")
    await parcels.mark_published(first)
    await parcels.mark_published(first)
    assert await words(parcels, "p") == ["two"]
    assert await parcels.get("p") == parcel
    assert (await parcels.save(parcel, pending("three"))).version == 2
    assert await words(parcels, "p") == ["two", "three"]


async def test_publishing_during_concurrent_saves_loses_no_event(parcels: Collection[Parcel]) -> None:
    parcel = await parcels.insert(Parcel(id="p"), pending("0"))
    taken: list[str] = []

    async def relay() -> None:
        while len(taken) < 60:
            for event in await parcels.pending_events("p"):
                taken.append(word_of(event))
                await parcels.mark_published(event)
            await asyncio.sleep(0)

    relaying = asyncio.create_task(relay())
    for n in range(1, 60):
        parcel = await parcels.save(parcel, pending(str(n)))
    await asyncio.wait_for(relaying, 45)
    assert taken == [str(n) for n in range(60)]
    assert parcel.version == 60


async def test_equal_ids_in_two_collections_have_separate_events(
    store: Store, parcels: Collection[Parcel]
) -> None:
    barrels = store.collection(CollectionSpec("barrels", Parcel))
    await parcels.insert(Parcel(id="p"), pending("parcel"))
    await barrels.insert(Parcel(id="p"), pending("barrel"))
    [event] = await barrels.pending_events("p")
    await barrels.mark_published(event)
    assert await words(parcels, "p") == ["parcel"]
    assert await words(barrels, "p") == []


async def test_the_outbox_lists_documents_with_pending_events_oldest_first(
    store: Store, parcels: Collection[Parcel]
) -> None:
    for name in ("r", "p", "q"):
        await parcels.insert(Parcel(id=name), pending("one", "two"))
    await parcels.insert(Parcel(id="quiet"))
    assert await store.outbox(older_than_s=0, limit=10) == [("parcels", name) for name in "rpq"]
    assert await store.outbox(older_than_s=0, limit=2) == [("parcels", "r"), ("parcels", "p")]
    assert await store.outbox(older_than_s=3600, limit=10) == []
    for event in await parcels.pending_events("r"):
        await parcels.mark_published(event)
    assert await store.outbox(older_than_s=0, limit=10) == [("parcels", "p"), ("parcels", "q")]


async def test_events_of_a_deleted_document_stay_pending(store: Store, parcels: Collection[Parcel]) -> None:
    parcel = await parcels.insert(Parcel(id="p", shelf="A"), pending("one"))
    await parcels.delete("p", parcel.version)
    assert await parcels.get("p") is None
    assert await parcels.count() == 0
    assert [p async for p in parcels.scan()] == []
    assert await store.outbox(older_than_s=0, limit=10) == [("parcels", "p")]
    [event] = await parcels.pending_events("p")
    await parcels.mark_published(event)
    assert await store.outbox(older_than_s=0, limit=10) == []


async def test_the_id_of_a_deleted_document_stays_taken_until_its_events_are_published(
    parcels: Collection[Parcel],
) -> None:
    parcel = await parcels.insert(Parcel(id="p", shelf="A"))
    parcel = await parcels.save(parcel, pending("one"))
    await parcels.delete("p", parcel.version)
    with pytest.raises(DuplicateKey) as raised:
        await parcels.insert(Parcel(id="p"), pending("again"))
    assert raised.value.field == "id"
    assert await parcels.insert_many([Parcel(id="p")]) == 0
    await parcels.insert(Parcel(id="q", shelf="A"))  # its unique key is free at once
    [event] = await parcels.pending_events("p")
    await parcels.mark_published(event)
    assert (await parcels.insert(Parcel(id="p"))).version == 1


class Subscriber:
    def __init__(self, store: Store) -> None:
        self.notified: list[tuple[str, str, list[str]]] = []
        store.subscribe(self)

    def __call__(self, collection: str, id: str, events: Sequence[EventEnvelope]) -> None:
        self.notified.append((collection, id, [word_of(event) for event in events]))


async def test_subscribers_are_notified_only_of_commits_with_events(
    store: Store, parcels: Collection[Parcel]
) -> None:
    first, second = Subscriber(store), Subscriber(store)
    parcel = await parcels.insert(Parcel(id="p"), pending("one", "two"))
    await parcels.insert_many([Parcel(id="q")])
    parcel = await parcels.save(parcel)
    await parcels.save(parcel, pending("three"))
    with pytest.raises(VersionConflict):
        await parcels.save(parcel, pending("lost"))
    assert first.notified == [("parcels", "p", ["one", "two"]), ("parcels", "p", ["three"])]
    assert second.notified == first.notified


async def test_other_stores_see_a_commit_before_subscribers_are_notified(
    store: Store, parcels: Collection[Parcel], other_store: Store
) -> None:
    others = other_store.collection(PARCELS)
    looks: list[asyncio.Task[list[EventEnvelope]]] = []
    store.subscribe(lambda _, name, __: looks.append(asyncio.create_task(others.pending_events(name))))
    await asyncio.gather(*(parcels.insert(Parcel(id=f"p{n}"), pending(str(n))) for n in range(20)))
    seen = await asyncio.gather(*looks)
    assert sorted(word_of(events[0]) for events in seen) == sorted(map(str, range(20)))


async def test_a_failing_subscriber_affects_neither_the_save_nor_other_subscribers(
    store: Store, parcels: Collection[Parcel]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("an error of the listener")

    store.subscribe(fail)
    healthy = Subscriber(store)
    parcel = await parcels.insert(Parcel(id="p"), pending("one"))
    assert healthy.notified == [("parcels", "p", ["one"])]
    assert await parcels.get("p") == parcel


async def test_a_cancelled_caller_does_not_affect_others(store: Store, parcels: Collection[Parcel]) -> None:
    subscriber = Subscriber(store)
    impatient = asyncio.create_task(parcels.insert(Parcel(id="p"), pending("one")))
    await asyncio.sleep(0)
    impatient.cancel()
    stored = await parcels.insert(Parcel(id="q"))
    assert await parcels.get("q") == stored
    assert len(subscriber.notified) == (await parcels.get("p") is not None)


async def test_versions_and_outbox_agree_after_concurrent_writes(parcels: Collection[Parcel]) -> None:
    await parcels.insert(Parcel(id="p"), pending("1"))

    async def write() -> None:
        saved = 0
        while saved < 10:
            parcel = await parcels.get("p")
            assert parcel is not None
            changed = msgspec.structs.replace(parcel, count=parcel.count + 1)
            try:
                await parcels.save(changed, pending(str(parcel.version + 1)))
            except VersionConflict:
                continue
            saved += 1

    await asyncio.gather(*(write() for _ in range(10)))
    assert await words(parcels, "p") == [str(n) for n in range(1, 102)]


async def test_the_age_of_the_oldest_event_is_known(store: Store, parcels: Collection[Parcel]) -> None:
    assert await store.outbox_age() == 0
    await parcels.insert(Parcel(id="p"), pending("old"))
    await asyncio.sleep(0.05)
    await parcels.insert(Parcel(id="q"), pending("new"))
    assert await store.outbox_age() >= 0.045, "of the older one; clocks of storage have milliseconds"
    for name in "pq":
        for event in await parcels.pending_events(name):
            await parcels.mark_published(event)
    assert await store.outbox_age() == 0
