"""Of concurrent writes, one succeeds at a time, and no successful write is lost."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from support.processes import store_child
from support.store.fixtures import Parcel, pending, word_of
from supportcarr.contracts.errors import Conflict, NotFound
from supportcarr.kit.store.port import Collection, DuplicateKey, Store, VersionConflict
from supportcarr.kit.store.update import ATTEMPTS, update


async def test_only_one_of_many_saves_of_the_same_version_succeeds(parcels: Collection[Parcel]) -> None:
    read = await parcels.insert(Parcel(id="p"))
    outcomes = await asyncio.gather(
        *(parcels.save(msgspec.structs.replace(read, note=str(n)), pending(str(n))) for n in range(50)),
        return_exceptions=True,
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, Parcel)]
    assert len(won) == 1
    assert sum(isinstance(outcome, VersionConflict) for outcome in outcomes) == 49
    assert await parcels.get("p") == won[0]
    assert [word_of(event) for event in await parcels.pending_events("p")] == [won[0].note]


@pytest.mark.processes
async def test_ten_writers_in_two_processes_lose_no_increment_and_no_event(
    url: str, parcels: Collection[Parcel]
) -> None:
    """Each makes twenty compare-and-set increments while a third process publishes their events."""
    await parcels.insert(Parcel(id="p"))
    children = [store_child.start(url, "increment", "p", "5", "20") for _ in range(2)]
    ending = asyncio.gather(*(asyncio.to_thread(child.communicate) for child in children))
    taken: list[int] = []
    over = False
    while not over:
        over = ending.done()
        for event in await parcels.pending_events("p"):
            taken.append(event.document_version)
            await parcels.mark_published(event)
        await asyncio.sleep(0.005)
    await ending
    assert [child.returncode for child in children] == [0, 0]
    stored = await parcels.get("p")
    assert stored is not None
    assert (stored.count, stored.version) == (200, 201)
    assert taken == list(range(2, 202))
    assert await parcels.pending_events("p") == []


async def test_only_one_of_fifty_inserts_of_the_same_id_succeeds(
    parcels: Collection[Parcel], other_store: Store
) -> None:
    others = other_store.get_collection("parcels")
    outcomes = await asyncio.gather(
        *((parcels, others)[n % 2].insert(Parcel(id="p", note=str(n)), pending(str(n))) for n in range(50)),
        return_exceptions=True,
    )
    [won] = [outcome for outcome in outcomes if isinstance(outcome, Parcel)]
    assert {o.field for o in outcomes if isinstance(o, DuplicateKey)} == {"id"}
    assert await parcels.get("p") == won
    assert [word_of(event) for event in await parcels.pending_events("p")] == [won.note]


async def test_only_one_of_fifty_inserts_of_the_same_unique_key_succeeds(
    parcels: Collection[Parcel], other_store: Store
) -> None:
    others = other_store.get_collection("parcels")
    outcomes = await asyncio.gather(
        *((parcels, others)[n % 2].insert(Parcel(id=f"p{n}", shelf="A")) for n in range(50)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Parcel) for outcome in outcomes) == 1
    assert {o.field for o in outcomes if isinstance(o, DuplicateKey)} == {"shelf"}
    assert await parcels.count() == 1


@pytest.mark.processes
async def test_only_one_of_two_processes_gets_a_unique_key(url: str, parcels: Collection[Parcel]) -> None:
    children = [store_child.start(url, "take", name, "A", "50") for name in ("a", "b")]
    outputs = [(await asyncio.to_thread(child.communicate))[0] for child in children]
    assert sum(int(output) for output in outputs) == 1
    assert await parcels.count({"shelf": "A"}) == 1


async def test_a_conflict_does_not_affect_other_writes_of_the_same_commit(
    parcels: Collection[Parcel],
) -> None:
    stale = await parcels.insert(Parcel(id="stale"))
    await parcels.save(stale)
    await parcels.insert(Parcel(id="b", shelf="B"))
    outcomes = await asyncio.gather(
        parcels.insert(Parcel(id="a"), pending("a")),
        parcels.save(stale, pending("stale")),
        parcels.insert(Parcel(id="c", shelf="B"), pending("c")),
        parcels.insert_many([Parcel(id="d", shelf="B")]),
        parcels.insert(Parcel(id="e"), pending("e")),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [
        Parcel,
        VersionConflict,
        DuplicateKey,
        DuplicateKey,
        Parcel,
    ]
    assert [p.id async for p in parcels.scan()] == ["a", "b", "e", "stale"]
    assert await parcels.pending_events("stale") == []


async def test_update_retries_after_a_version_conflict(parcels: Collection[Parcel]) -> None:
    stored = await parcels.insert(Parcel(id="p"))
    seen: list[int] = []
    rival: list[asyncio.Task[Parcel]] = []

    def decide(parcel: Parcel) -> tuple[Parcel, None]:
        if not seen:
            rival.append(asyncio.create_task(parcels.save(msgspec.structs.replace(stored, note="rival"))))
        seen.append(parcel.version)
        return msgspec.structs.replace(parcel, count=parcel.count + 1), None

    class Slow:
        """The same collection, but the rival's save always comes first."""

        get = parcels.get

        async def save(self, document: Parcel, happened: None) -> Parcel:
            await asyncio.gather(*rival)
            return await parcels.save(document, happened)

    changed = await update(Slow(), "p", decide)  # type: ignore[arg-type]  # it has the methods that update uses
    assert seen == [1, 2]
    assert (changed.note, changed.count, changed.version) == ("rival", 1, 3)


async def test_update_fails_after_eight_version_conflicts(parcels: Collection[Parcel]) -> None:
    await parcels.insert(Parcel(id="p"))
    tries: list[int] = []

    class Losing:
        get = parcels.get

        async def save(self, document: Parcel, happened: None) -> Parcel:
            tries.append(document.version)
            raise VersionConflict

    with pytest.raises(Conflict):
        await update(Losing(), "p", lambda parcel: (parcel, None))  # type: ignore[arg-type]  # as above
    assert tries == [1] * 8 == [1] * ATTEMPTS


async def test_update_succeeds_beside_seven_others(parcels: Collection[Parcel]) -> None:
    await parcels.insert(Parcel(id="p"))
    left = list(range(7))

    class Contested:
        """The same collection, where another counts before each of the next saves."""

        get = parcels.get

        async def save(self, document: Parcel, happened: None) -> Parcel:
            if left:
                left.pop()
                await update(parcels, "p", counted)
            return await parcels.save(document, happened)

    def counted(parcel: Parcel) -> tuple[Parcel, None]:
        return msgspec.structs.replace(parcel, count=parcel.count + 1), None

    assert (await update(Contested(), "p", counted)).count == 8  # type: ignore[arg-type]  # as above


async def test_update_without_a_change_leaves_the_document_unchanged(parcels: Collection[Parcel]) -> None:
    stored = await parcels.insert(Parcel(id="p"))
    assert await update(parcels, "p", lambda _: None) == stored
    assert await parcels.get("p") == stored


async def test_update_of_a_missing_document_is_not_found(parcels: Collection[Parcel]) -> None:
    with pytest.raises(NotFound):
        await update(parcels, "p", lambda parcel: (parcel, None))
